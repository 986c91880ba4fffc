/**
 * A client's announce over HTTP: the URL to get and what the answer says (BEP 3, trackers; BEP 7, peers6 and key; BEP 21, paused;
 * BEP 23, compact peers; BEP 24, external ip; BEP 31, retry in). The URL of the tracker is kept to the byte, because trackers
 * hide keys in it; the answer is read as deployed trackers write it, which is not always as the BEPs say.
 */
import { type Bencode, bytesAt, decodeLenient, integerAt, isDictionary, textAt } from '@ferro/bencode';
import {
  type Address,
  type AddressFamily,
  canonicalIp,
  compactLength,
  decodeCompact,
  formatIp,
  type Id20,
  ProtocolError,
} from '@ferro/core';
import { limits } from './limits.ts';
import type { AnnounceEvent } from './server-query.ts';

export interface AnnounceRequest {
  readonly infoHash: Id20;
  readonly peerId: Id20;
  readonly port: number;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  readonly event?: AnnounceEvent | undefined;
  /** How many peers are wanted; left out, the tracker decides. */
  readonly numWant?: number | undefined;
  /** 32 bits, the same for every address family and tracker of a torrent (BEP 7, announcing). */
  readonly key?: number | undefined;
  /** What the tracker gave with an earlier answer. */
  readonly trackerId?: string | undefined;
}

export interface AnnounceResponse {
  readonly type: 'answer';
  /** Seconds until the next announce; undefined if the tracker did not say. */
  readonly interval: number | undefined;
  /** Seconds before which it must not be asked again. */
  readonly minInterval: number | undefined;
  /** Of both families; at most `limits.peers`. */
  readonly peers: readonly Address[];
  /** Peers that the tracker names instead of giving their address (BEP 3). */
  readonly named: readonly { readonly name: string; readonly port: number }[];
  /** Seeders, leechers, and downloads ever completed, if the tracker says. */
  readonly complete: number | undefined;
  readonly incomplete: number | undefined;
  readonly downloaded: number | undefined;
  /** To be sent with later announces to this tracker. */
  readonly trackerId: string | undefined;
  readonly warning: string | undefined;
  /** How the tracker sees us (BEP 24). */
  readonly externalIp: string | undefined;
}

export interface TrackerFailure {
  readonly type: 'failure';
  readonly reason: string;
  /** Minutes, or that the tracker must never be asked again (BEP 31). */
  readonly retryIn: number | 'never' | undefined;
}

/** The URL to get. A query that is there already stays in front, as it is; a fragment is dropped. */
export function announceUrl(tracker: string, request: AnnounceRequest): string {
  const parameters = [
    `info_hash=${escapeBytes(request.infoHash.bytes)}`,
    `peer_id=${escapeBytes(request.peerId.bytes)}`,
    `port=${request.port}`,
    `uploaded=${request.uploaded}`,
    `downloaded=${request.downloaded}`,
    `left=${request.left}`,
    'compact=1',
  ];
  if (request.numWant !== undefined) parameters.push(`numwant=${request.numWant}`);
  if (request.key !== undefined) parameters.push(`key=${request.key.toString(16).padStart(8, '0').toUpperCase()}`);
  if (request.event !== undefined) parameters.push(`event=${request.event}`);
  if (request.trackerId !== undefined) parameters.push(`trackerid=${escapeLatin1(request.trackerId)}`);
  return withQuery(tracker, parameters.join('&'));
}

/** Appends parameters to a URL behind those that it has, and drops its fragment. */
export function withQuery(url: string, parameters: string): string {
  const fragment = url.indexOf('#');
  const whole = fragment < 0 ? url : url.slice(0, fragment);
  const separator = !whole.includes('?') ? '?' : /[?&]$/.test(whole) ? '' : '&';
  return whole + separator + parameters;
}

/** Every byte but the unreserved characters of RFC 3986 as `%XX`. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += ESCAPED[byte];
  return text;
}

const ESCAPED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

function escapeLatin1(text: string): string {
  return escapeBytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/**
 * Reads the body of an answer to an announce. What is no answer at all is a ProtocolError; what is only odd is tolerated:
 * unsorted keys, bytes behind the end, numbers as strings, compact peers with a piece of a peer at the end.
 */
export function decodeAnnounce(body: Uint8Array): AnnounceResponse | TrackerFailure {
  const answer = decodeAnswer(body);
  const failure = failureIn(answer);
  if (failure !== undefined) return failure;
  if (!('peers' in answer) && !('peers6' in answer) && !('interval' in answer)) {
    throw new ProtocolError(
      'tracker-http/not-an-answer',
      'BEP 3, trackers',
      'neither peers nor an interval nor a failure',
    );
  }
  const externalIp = bytesAt(answer, 'external ip');
  const peers: Address[] = [];
  const named: { name: string; port: number }[] = [];
  readPeers(answer['peers'], 4, peers, named);
  readPeers(answer['peers6'], 6, peers, named);
  return {
    type: 'answer',
    interval: countAt(answer, 'interval'),
    minInterval: countAt(answer, 'min interval'),
    peers,
    named,
    complete: countAt(answer, 'complete'),
    incomplete: countAt(answer, 'incomplete'),
    downloaded: countAt(answer, 'downloaded'),
    trackerId: latin1At(answer, 'tracker id'),
    warning: messageAt(answer, 'warning message'),
    externalIp: externalIp?.length === 4 || externalIp?.length === 16 ? formatIp(externalIp) : undefined,
  };
}

/** The dictionary that every answer of a tracker is. */
export function decodeAnswer(body: Uint8Array): { readonly [key: string]: Bencode } {
  let value: Bencode;
  try {
    value = decodeLenient(body, { bytes: limits.responseLength, depth: 8, tokens: 8 * limits.peers + 4_000 }).value;
  } catch (error) {
    const what = error instanceof Error ? error.message : 'unreadable';
    throw new ProtocolError('tracker-http/not-bencoded', 'BEP 3, trackers', `the answer is not bencoded: ${what}`);
  }
  if (isDictionary(value)) return value;
  throw new ProtocolError('tracker-http/not-an-answer', 'BEP 3, trackers', 'the answer is no dictionary');
}

/** BEP 31: minutes, as a number or (in its own examples) as text, or `never`. */
export function failureIn(answer: { readonly [key: string]: Bencode }): TrackerFailure | undefined {
  if (!('failure reason' in answer)) return undefined;
  const retryIn = textAt(answer, 'retry in') === 'never' ? 'never' : countAt(answer, 'retry in');
  return { type: 'failure', reason: messageAt(answer, 'failure reason') ?? '', retryIn };
}

/** A whole number from 0 on, as an integer or as digits in a string. */
export function countAt(answer: Bencode, key: string): number | undefined {
  const integer = integerAt(answer, key);
  if (integer !== undefined) return integer >= 0 ? integer : undefined;
  const text = bytesAt(answer, key);
  return text !== undefined && text.length <= 15 && /^\d+$/.test(latin1(text)) ? Number(latin1(text)) : undefined;
}

function messageAt(answer: Bencode, key: string): string | undefined {
  const bytes = bytesAt(answer, key);
  // Control and direction characters would let a tracker rewrite the line that shows its words.
  return bytes && new TextDecoder().decode(bytes.subarray(0, limits.messageLength)).replace(/\p{C}/gu, ' ').trim();
}

function latin1At(answer: Bencode, key: string): string | undefined {
  const bytes = bytesAt(answer, key);
  return bytes && bytes.length > 0 && bytes.length <= limits.trackerIdLength ? latin1(bytes) : undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A string of compact peers, or a list of dictionaries (BEP 3), in either of the two keys. */
function readPeers(
  value: Bencode | undefined,
  family: AddressFamily,
  peers: Address[],
  named: { name: string; port: number }[],
): void {
  if (value instanceof Uint8Array) {
    const size = compactLength(family);
    const count = Math.min(Math.floor(value.length / size), limits.peers - peers.length);
    for (let i = 0; i < count; i++) peers.push(decodeCompact(value, size * i, family));
  } else if (Array.isArray(value)) {
    for (const peer of value.slice(0, limits.peers - peers.length - named.length)) readPeer(peer, peers, named);
  }
}

function readPeer(peer: Bencode, peers: Address[], named: { name: string; port: number }[]): void {
  const name = bytesAt(peer, 'ip');
  const port = countAt(peer, 'port');
  if (name === undefined || name.length > 255 || port === undefined || port > 65535) return;
  const text = latin1(name);
  const ip = canonicalIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (ip !== undefined) peers.push({ ip, port });
  else if (/^[A-Za-z0-9._-]+$/.test(text)) named.push({ name: text, port });
}
