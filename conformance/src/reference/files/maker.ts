/** The reference maker of torrent files, version 1 (BEP 3), with padding (BEP 47) and for version 2 (BEP 52). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { latin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import type { Order } from '../../target/target.ts';
import type { Bugs } from './bugs.ts';
import { type Source, secondVersion } from './maker-version2.ts';
import type { Has } from './verdict.ts';

type Keys = Record<string, Writable>;

export function madeTorrent(order: Order, bugs: Bugs): Uint8Array {
  const has: Has = (bug) => bugs.has(bug);
  const { pieceLength, wishes, trackers } = order;
  const sources = sourcesOf(order.path, has);
  const info: Keys = { name: basename(order.path), 'piece length': pieceLength };
  const torrent: Keys = { announce: trackers[0] };
  if (!wishes.includes('v2')) Object.assign(info, firstVersion(sources, order, has));
  if (wishes.includes('v2') || wishes.includes('hybrid')) {
    const { tree, layers } = secondVersion(sources, order, has);
    Object.assign(info, { 'file tree': tree, 'meta version': 2 });
    torrent['piece layers'] = layers;
    if (has('more-in-info')) info['creation date'] = 1;
  }
  if (wishes.includes('private')) (has('private-outside') ? torrent : info)['private'] = 1;
  if (wishes.includes('web-seed')) (has('web-seeds-inside') ? info : torrent)['url-list'] = [order.webSeed];
  if (wishes.includes('tiers')) torrent['announce-list'] = trackers.map((each) => (has('flat-tiers') ? each : [each]));
  torrent['info'] = has('insertion-order') ? new Map(Object.entries(info)) : info;
  return writeBencode(torrent);
}

function firstVersion(sources: readonly Source[], order: Order, has: Has): Keys {
  const single = sources[0]!.path.length === 0;
  const aligned =
    order.wishes.includes('aligned') || (order.wishes.includes('hybrid') && !has('hybrid-without-padding'));
  const entries: Keys[] = [];
  const parts: Uint8Array[] = [];
  sources.forEach(({ path, data }, at) => {
    parts.push(data);
    entries.push({ length: data.length, path: has('joined-paths') ? [path.join('/')] : path });
    const short = (order.pieceLength - (data.length % order.pieceLength)) % order.pieceLength;
    if (!aligned || at === sources.length - 1 || short === 0) return;
    const length = short + (has('pads-one-too-much') ? 1 : 0);
    parts.push(new Uint8Array(length));
    const name = has('odd-padding-path') ? ['_padding', String(at)] : ['.pad', String(length)];
    entries.push({ attr: 'p', length, path: name });
  });
  const data = Buffer.concat(parts);
  const pieces = hashes(data, order.pieceLength, has);
  if (single && !has('always-files')) return { length: data.length, pieces };
  if (has('lists-in-another-order')) entries.reverse();
  const files = single ? [{ length: data.length, path: [basename(order.path)] }] : entries;
  return { files, pieces, ...(has('length-and-files') && { length: data.length }) };
}

function hashes(data: Uint8Array, pieceLength: number, has: Has): Uint8Array {
  const from = has('hashes-one-byte-off') ? 1 : 0;
  const count = Math.ceil(data.length / pieceLength);
  const pieces = Array.from({ length: count }, (_, at) => {
    const piece = data.subarray(at * pieceLength + from, (at + 1) * pieceLength + from);
    const missing = has('pads-the-last-piece') ? pieceLength - piece.length : 0;
    return createHash('sha1').update(piece).update(new Uint8Array(missing)).digest();
  });
  return Buffer.concat(pieces);
}

/** Sorted by the bytes of their names, folder by folder. */
function sourcesOf(path: string, has: Has): readonly Source[] {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return [{ path: [], data: bytesOf(path), modifiedMs: mtimeMs }];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const found = entries.map((entry) => {
    const whole = join(entry.parentPath, entry.name);
    return { path: whole.slice(path.length + 1).split('/'), data: bytesOf(whole), modifiedMs: statSync(whole).mtimeMs };
  });
  if (has('orders-by-time')) return found.sort((a, b) => a.modifiedMs - b.modifiedMs);
  const key = (source: Source) => latin1(Buffer.from(source.path.join('\0')));
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
