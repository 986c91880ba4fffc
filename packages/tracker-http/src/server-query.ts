/**
 * What a client asks of a tracker, read from the request target of HTTP (BEP 3, trackers; BEP 7, key; BEP 21, paused; BEP 23,
 * compact; BEP 48, scrape request). It works on raw bytes, because a hash in a query is no text, and on no URL class, because
 * that would cost more than the answer.
 */
import { ProtocolError } from '@ferro/core';
import { limits } from './limits.ts';

export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'paused';

export interface AnnounceQuery {
  readonly type: 'announce';
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly uploaded: number;
  readonly downloaded: number;
  /** -1: not said, or not a number. */
  readonly left: number;
  readonly event: AnnounceEvent | undefined;
  /** -1: the tracker decides. */
  readonly numWant: number;
  /** True unless the client asked for the long form (BEP 23). */
  readonly compact: boolean;
  /** The long form may leave out the peer ids. */
  readonly noPeerId: boolean;
  /** Any text; empty if none. */
  readonly key: string;
  /** The address that the client claims. Believing it lets anyone announce a victim. */
  readonly claimedIp: string;
  readonly trackerId: string;
}

export interface ScrapeQuery {
  readonly type: 'scrape';
  /** `count` hashes of 20 bytes, each after the other; none asks for all torrents. */
  readonly infoHashes: Uint8Array;
  readonly count: number;
}

export type TrackerQuery = AnnounceQuery | ScrapeQuery;

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

const QUESTION = 63;
const AMPERSAND = 38;
const EQUALS = 61;
const PERCENT = 37;
const PLUS = 43;
const SLASH = 47;

/**
 * Reads a request target such as `/announce?info_hash=…`. Undefined if the last segment of the path begins with neither
 * `announce` nor `scrape`; a ProtocolError if it does and the query is not one.
 */
export function parseTarget(target: Uint8Array): TrackerQuery | undefined {
  let queryAt = target.indexOf(QUESTION);
  if (queryAt < 0) queryAt = target.length;
  let segment = queryAt;
  while (segment > 0 && target[segment - 1] !== SLASH) segment--;
  if (spells(target, segment, segment + 8, 'announce')) return parseAnnounce(target, queryAt + 1);
  if (spells(target, segment, segment + 6, 'scrape')) return parseScrape(target, queryAt + 1);
  return undefined;
}

/** The path of a request target, escapes as they are: for pages beside the tracker, and keys in the path. */
export function pathOf(target: Uint8Array): string {
  const end = target.indexOf(QUESTION);
  return textOf(target, 0, end < 0 ? target.length : end);
}

function parseAnnounce(target: Uint8Array, queryAt: number): AnnounceQuery {
  const query: Mutable<AnnounceQuery> = {
    type: 'announce',
    infoHash: target,
    peerId: target,
    port: -1,
    uploaded: 0,
    downloaded: 0,
    left: -1,
    event: undefined,
    numWant: -1,
    compact: true,
    noPeerId: false,
    key: '',
    claimedIp: '',
    trackerId: '',
  };
  for (let at = queryAt; at < target.length; ) {
    const end = endOf(target, at, AMPERSAND, target.length);
    const equals = endOf(target, at, EQUALS, end);
    if (equals < end) readParameter(query, target, at, equals, end);
    at = end + 1;
  }
  if (query.infoHash === target) throw bad('missing-info-hash', 'no info_hash');
  if (query.peerId === target) throw bad('missing-peer-id', 'no peer_id');
  if (query.port < 0) throw bad('bad-port', 'no port between 0 and 65535');
  return query;
}

/** One parameter, its name from `at` to `equals` and its value behind that. Unknown ones are nobody's business. */
function readParameter(
  query: Mutable<AnnounceQuery>,
  target: Uint8Array,
  at: number,
  equals: number,
  end: number,
): void {
  const value = equals + 1;
  switch (parameterNamed(target, at, equals)) {
    case 'info_hash':
      if (query.infoHash !== target) throw bad('duplicate-info-hash', 'more than one info_hash');
      query.infoHash = idOf(target, value, end, 'info-hash');
      break;
    case 'peer_id':
      query.peerId = idOf(target, value, end, 'peer-id');
      break;
    case 'port':
      query.port = numberOf(target, value, end);
      if (query.port > 65535) query.port = -1;
      break;
    case 'uploaded':
      query.uploaded = Math.max(0, numberOf(target, value, end));
      break;
    case 'downloaded':
      query.downloaded = Math.max(0, numberOf(target, value, end));
      break;
    case 'left':
      query.left = numberOf(target, value, end);
      break;
    case 'event':
      query.event = eventOf(target, value, end);
      break;
    case 'numwant':
      query.numWant = numberOf(target, value, end);
      break;
    case 'compact':
      query.compact = !spells(target, value, end, '0');
      break;
    case 'no_peer_id':
      query.noPeerId = spells(target, value, end, '1');
      break;
    case 'key':
      query.key = textOf(target, value, end);
      break;
    case 'ip':
      query.claimedIp = textOf(target, value, end);
      break;
    case 'trackerid':
      query.trackerId = textOf(target, value, end);
      break;
  }
}

const NAMES = [
  'info_hash',
  'peer_id',
  'port',
  'uploaded',
  'downloaded',
  'left',
  'event',
  'numwant',
  'compact',
  'no_peer_id',
  'key',
  'ip',
  'trackerid',
] as const;
/** Which names have which length: at most three are compared, instead of all or of a string made for a Map. */
const NAMES_OF_LENGTH: readonly (readonly (typeof NAMES)[number][])[] = Array.from({ length: 11 }, (_, length) =>
  NAMES.filter((name) => name.length === length),
);

function parameterNamed(bytes: Uint8Array, from: number, to: number): (typeof NAMES)[number] | undefined {
  const candidates = NAMES_OF_LENGTH[to - from];
  if (candidates === undefined) return undefined;
  for (let i = 0; i < candidates.length; i++) if (spells(bytes, from, to, candidates[i]!)) return candidates[i];
  return undefined;
}

function eventOf(target: Uint8Array, from: number, to: number): AnnounceEvent | undefined {
  if (spells(target, from, to, 'started')) return 'started';
  if (spells(target, from, to, 'completed')) return 'completed';
  if (spells(target, from, to, 'stopped')) return 'stopped';
  return spells(target, from, to, 'paused') ? 'paused' : undefined;
}

function parseScrape(target: Uint8Array, queryAt: number): ScrapeQuery {
  const infoHashes: Uint8Array[] = [];
  for (let at = queryAt; at < target.length; ) {
    const end = endOf(target, at, AMPERSAND, target.length);
    const equals = endOf(target, at, EQUALS, end);
    if (equals < end && spells(target, at, equals, 'info_hash')) {
      if (infoHashes.length === limits.scrapeQueryHashes) throw bad('too-many-hashes', 'more hashes than are answered');
      infoHashes.push(idOf(target, equals + 1, end, 'info-hash'));
    }
    at = end + 1;
  }
  const joined = new Uint8Array(20 * infoHashes.length);
  for (const [i, infoHash] of infoHashes.entries()) joined.set(infoHash, 20 * i);
  return { type: 'scrape', infoHashes: joined, count: infoHashes.length };
}

function endOf(bytes: Uint8Array, from: number, stop: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== stop) at++;
  return at;
}

function spells(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Exactly 20 bytes behind the escapes. `+` is a space, as in every form query. */
function idOf(bytes: Uint8Array, from: number, to: number, what: string): Uint8Array {
  const id = new Uint8Array(20);
  let length = 0;
  for (let at = from; at < to; at++) {
    let byte = bytes[at]!;
    if (byte === PERCENT) {
      byte = at + 2 < to ? (digit(bytes[at + 1]!) << 4) | digit(bytes[at + 2]!) : -1;
      if (byte < 0) throw bad(`bad-${what}`, 'a broken percent escape');
      at += 2;
    } else if (byte === PLUS) byte = 32;
    if (length === 20) throw bad(`bad-${what}`, `a ${what} of more than 20 bytes`);
    id[length++] = byte;
  }
  if (length !== 20) throw bad(`bad-${what}`, `a ${what} of ${length} bytes instead of 20`);
  return id;
}

/** The value of a hexadecimal digit; a negative number, which stays negative when shifted and joined, for anything else. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -256;
}

/** Digits only, as far as a number is exact; -1 for anything else, such as the minus sign of clients that do not know. */
function numberOf(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || to - from > 20) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const code = bytes[at]!;
    if (code < 48 || code > 57) return -1;
    value = value * 10 + (code - 48);
  }
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/** As characters, one for a byte, with escapes undone where they are whole. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    const escaped = byte === PERCENT && at + 2 < to ? (digit(bytes[at + 1]!) << 4) | digit(bytes[at + 2]!) : -1;
    if (escaped >= 0) at += 2;
    text += String.fromCharCode(escaped >= 0 ? escaped : byte);
  }
  return text;
}

function bad(what: string, message: string): ProtocolError {
  return new ProtocolError(`tracker-http/${what}`, 'BEP 3, trackers', message);
}
