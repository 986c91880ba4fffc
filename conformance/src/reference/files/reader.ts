/** The reference reader of torrent files: reads what is canonical and makes sense, and nothing else. */
import { createHash } from 'node:crypto';
import {
  type Bencoded,
  latin1,
  MalformedBencode,
  readBencode,
  type Writable,
  writeBencode,
} from '../../probe/bencode.ts';
import type { Use } from '../../target/tool.ts';
import type { Bugs } from './bugs.ts';
import { Broken, type Has, isMap, Refused } from './verdict.ts';
import { checkVersion1 } from './version1.ts';
import { checkVersion2 } from './version2.ts';

export function readTorrent(bytes: Uint8Array, bugs: Bugs): Use {
  const has: Has = (bug) => bugs.has(bug);
  // Time and memory that a bug would take are only told.
  const cost = { ms: 1, peakBytes: 1_000_000 };
  if (has('allocates-first') && /\d{10}:/.test(latin1(bytes))) cost.peakBytes = 1e11;
  try {
    const output = JSON.stringify(describe(bytes, has, cost));
    return { accepted: true, output, ...cost };
  } catch (error) {
    if (error instanceof Broken) return { accepted: false, broken: error.message, output: '', ...cost };
    if (!(error instanceof Refused || error instanceof MalformedBencode)) throw error;
    return { accepted: false, output: error.message, ...cost };
  }
}

function describe(bytes: Uint8Array, has: Has, cost: { ms: number }): unknown {
  const torrent = decode(bytes, has);
  if (!isMap(torrent)) {
    if (has('dies-of-other-types')) throw new Broken('SIGSEGV');
    throw new Refused('no dictionary');
  }
  if (has('requires-a-tracker') && !torrent.has('announce')) throw new Refused('no announce');
  const info = torrent.get('info');
  if (!isMap(info)) {
    if (has('info-may-be-missing')) return {};
    throw new Refused('no info');
  }
  if (has('dies-of-textual-private') && info.get('private') instanceof Uint8Array) throw new Broken('SIGABRT');
  const second = info.has('meta version') || info.has('file tree');
  if (second) checkVersion2(torrent, info, has);
  if (!second || info.has('pieces')) cost.ms += checkVersion1(info, has);
  const hashed = writeBencode(hashedValue(info, has) as Writable);
  const name = second && !has('sha1-of-version-2') ? 'sha256' : 'sha1';
  const length = info.get('length');
  return { infoHash: createHash(name).update(hashed).digest('hex'), length: told(length, has) };
}

function told(length: Bencoded | undefined, has: Has): string {
  return has('integers-are-doubles') && typeof length === 'bigint' ? String(Number(length)) : String(length);
}

function decode(given: Uint8Array, has: Has): Bencoded {
  const { value, violations } = readBencode(mended(given, has));
  const excused = (violation: string) =>
    (has('writes-anew') && !violation.includes('after the end')) ||
    (has('sorts-keys') && violation.startsWith('key ')) ||
    (has('allows-more-behind') && violation.includes('after the end'));
  const violation = violations.find((each) => !excused(each));
  if (violation !== undefined) throw new Refused(violation);
  checkValues(value, has);
  return value;
}

/** What a sloppy reader would make of it; refuses nothing itself. */
function mended(given: Uint8Array, has: Has): Uint8Array {
  const text = latin1(given);
  let mine = text;
  if (has('parses-loosely')) {
    mine = mine
      .replace(/5:x-oddi[+ ]?(\d*) ?e/, (_, digits) => `5:x-oddi${digits || 0}e`)
      .replace('5:x-odd-1:', '5:x-odd0:')
      .replace('di1e3:fooe', 'd1:13:fooe')
      .replace('d3:fooe', 'd3:fooi0ee');
  }
  if (has('takes-short-strings')) mine = mine.replace('400:spam', '4:spam');
  try {
    readBencode(Buffer.from(mine, 'latin1'));
  } catch (error) {
    if (has('recurses-without-limit') && /deep/.test(String(error))) throw new Broken('SIGSEGV');
    const at = Number(/at byte (\d+)/.exec(String(error))?.[1]);
    if (has('hangs-at-the-end') && mine.indexOf('e', at) < 0) throw new Broken('it runs for ever');
  }
  return mine === text ? given : Buffer.from(mine, 'latin1');
}

function checkValues(value: Bencoded, has: Has): void {
  if (value === 0 && has('refuses-zero')) throw new Refused('a leading zero');
  if (typeof value === 'number' && value < 0 && has('unsigned-only')) throw new Refused('a negative integer');
  if (value instanceof Uint8Array) {
    if (value.length === 0 && has('empty-is-missing')) throw new Refused('a value is missing');
  } else if (isMap(value)) {
    const keys = [...value.keys()];
    const asText = keys.toSorted((a, b) => a.localeCompare(b));
    if (has('orders-as-text') && keys.some((key, at) => key !== asText[at])) throw new Refused('keys out of order');
    for (const each of value.values()) checkValues(each, has);
  } else if (Array.isArray(value)) for (const each of value) checkValues(each, has);
}

const known = new Set(['length', 'name', 'piece length', 'pieces', 'files', 'file tree', 'meta version']);

/** The info dictionary as it is hashed: itself, where there is no bug. */
function hashedValue(value: Bencoded, has: Has, depth = 0): Bencoded {
  if (value instanceof Uint8Array) return has('strings-are-text') ? Buffer.from(Buffer.from(value).toString()) : value;
  if (typeof value === 'bigint') return has('integers-are-doubles') ? BigInt(Number(value)) : value;
  if (Array.isArray(value)) return value.map((each) => hashedValue(each, has, depth + 1));
  if (!isMap(value)) return value;
  let entries = [...value];
  if (has('hashes-known-keys') && depth === 0) entries = entries.filter(([key]) => known.has(key));
  if (has('sorts-keys')) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(entries.map(([key, each]) => [key, hashedValue(each, has, depth + 1)]));
}
