/** What the reference client is started with: the trackers and the info-hash of a torrent file (BEP 12) or of a magnet link (BEP 9). */
import { createHash, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Bencoded,
  type BencodedMap,
  latin1,
  readBencode,
  type Writable,
  writeBencode,
} from '../../probe/bencode.ts';
import type { Job } from '../../target/target.ts';
import type { AnnouncerBug } from './bugs.ts';

export type Has = (bug: AnnouncerBug) => boolean;

export interface Source {
  readonly infoHash: Uint8Array;
  readonly tiers: readonly (readonly string[])[];
  readonly name: string;
  readonly length: number;
  readonly pieceLength: number;
  readonly pieces: Uint8Array;
}

export class Fatal extends Error {}

export function sourceOf({ torrent, magnet }: Job, has: Has): Source | undefined {
  return magnet === undefined ? torrentSource(torrent!, has) : magnetSource(magnet, has);
}

function torrentSource(path: string, has: Has): Source {
  const torrent = readBencode(readFileSync(path)).value as BencodedMap;
  const info = torrent.get('info') as BencodedMap;
  return {
    infoHash: new Uint8Array(
      createHash('sha1')
        .update(writeBencode(info as Writable))
        .digest(),
    ),
    tiers: tiersOf(torrent, has),
    name: latin1(info.get('name') as Uint8Array),
    length: Number(info.get('length')),
    pieceLength: Number(info.get('piece length')),
    pieces: info.get('pieces') as Uint8Array,
  };
}

function tiersOf(torrent: BencodedMap, has: Has): readonly (readonly string[])[] {
  const announce = torrent.get('announce');
  const single = announce instanceof Uint8Array ? [[latin1(announce)]] : [];
  const list = torrent.get('announce-list');
  if (!Array.isArray(list) || has('announce-over-list')) return single;
  if (has('dies-of-flat-lists') && list.some((tier) => !Array.isArray(tier))) throw new Fatal('SIGSEGV');
  const tiers = (list as readonly Bencoded[]).map((tier) =>
    Array.isArray(tier) ? tier.map((url) => latin1(url)) : [],
  );
  const empty = tiers.every((tier) => tier.length === 0);
  if (empty && !has('empty-list-is-a-list')) return single;
  return has('never-shuffles') ? tiers : tiers.map(shuffled);
}

/** BEP 12, order of processing: once, when the torrent is read. */
function shuffled(tier: readonly string[]): readonly string[] {
  return tier
    .map((url) => ({ url, place: randomInt(2 ** 31) }))
    .sort((a, b) => a.place - b.place)
    .map(({ url }) => url);
}

function magnetSource(magnet: string, has: Has): Source | undefined {
  if (has('no-magnet-links')) return undefined;
  const text = has('html-is-fine') ? magnet.replaceAll('&amp;', '&') : magnet;
  if (has('xt-first') && !text.startsWith('magnet:?xt=')) return undefined;
  const parameters = text
    .slice(text.indexOf('?') + 1)
    .split('&')
    .map((part) => part.split('=') as [string, string]);
  if (has('known-parameters-only') && parameters.some(([name]) => !['xt', 'dn', 'tr'].includes(name))) return undefined;
  if (has('doubles-are-wrong') && parameters.filter(([name]) => name === 'xt').length > 1) return undefined;
  const infoHash = parameters.flatMap(([name, value]) => (name === 'xt' ? (hashOf(value, has) ?? []) : []))[0];
  if (infoHash === undefined) return undefined;
  const decode = (value: string) =>
    has('decodes-twice') ? decodeURIComponent(decodeURIComponent(value)) : decodeURIComponent(value);
  let urls = parameters.flatMap(([name, value]) => (name === 'tr' ? [decode(value)] : []));
  if (has('last-tracker-only')) urls = urls.slice(-1);
  if (has('gives-up-at-odd-trackers') && urls.some((url) => !URL.canParse(url))) urls = [];
  return { infoHash, tiers: urls.map((url) => [url]), name: '', length: 0, pieceLength: 0, pieces: new Uint8Array() };
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function hashOf(xt: string, has: Has): Uint8Array | undefined {
  const text = /^urn:btih:(\w+)$/.exec(xt)?.[1];
  if (text === undefined) return undefined;
  const hexadecimal = has('lower-case-only') ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{40}$/i;
  if (hexadecimal.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (has('hex-only') || !/^[a-z2-7]{32}$/i.test(text)) return undefined;
  let value = 0n;
  for (const letter of text.toUpperCase()) value = value * 32n + BigInt(base32.indexOf(letter));
  return new Uint8Array(Buffer.from(value.toString(16).padStart(40, '0'), 'hex'));
}
