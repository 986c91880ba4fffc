/**
 * Every packet of the UDP tracker protocol, both ways (BEP 15, UDP tracker protocol): connect, announce, scrape and error.
 * Packets may be longer than their fixed fields; what follows is options (BEP 41) or nothing that is known. It writes what
 * it is told and keeps no state.
 */
import {
  type Address,
  type AddressFamily,
  compactLength,
  decodeCompact,
  type Id20,
  ProtocolError,
  readU32,
  utf8,
  writeU16,
  writeU32,
} from '@ferro/core';
import { limits } from './limits.ts';
import { urlDataLength, writeUrlData } from './options.ts';

/** The actions, and at which offset their fixed fields end. */
export const actions = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
export const requestLengths = { connect: 16, announce: 98, scrape: 16 } as const;
/** The first eight bytes of a connect request. */
const PROTOCOL_ID_HIGH = 0x417;
const PROTOCOL_ID_LOW = 0x27101980;

/** What happened at the client. BEP 21's `paused` has no number of its own here and is announced as nothing special. */
export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'paused';
const EVENTS: readonly (AnnounceEvent | undefined)[] = [undefined, 'completed', 'started', 'stopped'];

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
  /** The same number for every address family and tracker of a torrent (BEP 7, announcing). */
  readonly key?: number | undefined;
}

export interface AnnounceResponse {
  /** Seconds until the next announce. */
  readonly interval: number;
  readonly leechers: number;
  readonly seeders: number;
  readonly peers: readonly Address[];
}

export interface ScrapeCounts {
  readonly seeders: number;
  /** How many downloads have ever been completed. */
  readonly completed: number;
  readonly leechers: number;
}

export type Reply =
  | { readonly type: 'connect'; readonly transaction: number; readonly connectionId: Uint8Array }
  | { readonly type: 'announce'; readonly transaction: number; readonly response: AnnounceResponse }
  | { readonly type: 'scrape'; readonly transaction: number; readonly counts: readonly ScrapeCounts[] }
  | { readonly type: 'error'; readonly transaction: number; readonly message: string };

export function encodeConnect(transaction: number): Uint8Array {
  const bytes = new Uint8Array(requestLengths.connect);
  writeU32(bytes, 0, PROTOCOL_ID_HIGH);
  writeU32(bytes, 4, PROTOCOL_ID_LOW);
  writeU32(bytes, 12, transaction);
  return bytes;
}

/** Whether a packet of at least 16 bytes begins with the protocol id. */
export function hasProtocolId(bytes: Uint8Array): boolean {
  return readU32(bytes, 0) === PROTOCOL_ID_HIGH && readU32(bytes, 4) === PROTOCOL_ID_LOW;
}

/** `urlData`: path and query of the tracker's URL (BEP 41), if it has any. */
export function encodeAnnounce(
  connectionId: Uint8Array,
  transaction: number,
  request: AnnounceRequest,
  urlData = '',
): Uint8Array {
  const bytes = new Uint8Array(requestLengths.announce + urlDataLength(urlData));
  bytes.set(connectionId, 0);
  writeU32(bytes, 8, actions.announce);
  writeU32(bytes, 12, transaction);
  bytes.set(request.infoHash.bytes, 16);
  bytes.set(request.peerId.bytes, 36);
  writeU64(bytes, 56, request.downloaded);
  writeU64(bytes, 64, request.left);
  writeU64(bytes, 72, request.uploaded);
  writeU32(bytes, 80, Math.max(0, EVENTS.indexOf(request.event)));
  writeU32(bytes, 88, request.key ?? 0);
  writeU32(bytes, 92, request.numWant ?? -1);
  writeU16(bytes, 96, request.port);
  writeUrlData(urlData, bytes, requestLengths.announce);
  return bytes;
}

export function encodeScrape(connectionId: Uint8Array, transaction: number, infoHashes: readonly Id20[]): Uint8Array {
  const bytes = new Uint8Array(requestLengths.scrape + 20 * infoHashes.length);
  bytes.set(connectionId, 0);
  writeU32(bytes, 8, actions.scrape);
  writeU32(bytes, 12, transaction);
  for (const [i, infoHash] of infoHashes.entries()) bytes.set(infoHash.bytes, 16 + 20 * i);
  return bytes;
}

/** The event at offset 80 of an announce request; numbers that are not defined mean none. */
export function eventOf(bytes: Uint8Array): AnnounceEvent | undefined {
  return EVENTS[readU32(bytes, 80)];
}

/** Without a connection id, its eight bytes are left for the caller to write at offset 8. */
export function encodeConnectReply(transaction: number, connectionId?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  writeU32(bytes, 4, transaction);
  if (connectionId !== undefined) bytes.set(connectionId, 8);
  return bytes;
}

/** The 20 bytes before the peers of an announce reply. */
export function writeAnnounceReply(
  into: Uint8Array,
  at: number,
  transaction: number,
  interval: number,
  leechers: number,
  seeders: number,
): void {
  writeU32(into, at, actions.announce);
  writeU32(into, at + 4, transaction);
  writeU32(into, at + 8, interval);
  writeU32(into, at + 12, leechers);
  writeU32(into, at + 16, seeders);
}

export function encodeScrapeReply(transaction: number, counts: readonly ScrapeCounts[]): Uint8Array {
  const bytes = new Uint8Array(8 + 12 * counts.length);
  writeU32(bytes, 0, actions.scrape);
  writeU32(bytes, 4, transaction);
  for (const [i, { seeders, completed, leechers }] of counts.entries()) {
    writeU32(bytes, 8 + 12 * i, seeders);
    writeU32(bytes, 12 + 12 * i, completed);
    writeU32(bytes, 16 + 12 * i, leechers);
  }
  return bytes;
}

/** The message is cut to `limits.errorLength` bytes, and to `lengthMax` bytes of packet. */
export function encodeErrorReply(transaction: number, message: string, lengthMax: number): Uint8Array {
  const text = utf8(message).subarray(0, Math.max(0, Math.min(limits.errorLength, lengthMax - 8)));
  const bytes = new Uint8Array(8 + text.length);
  writeU32(bytes, 0, actions.error);
  writeU32(bytes, 4, transaction);
  bytes.set(text, 8);
  return bytes;
}

/**
 * Reads what a tracker answers. `family` is that of the packet's source: it decides how long a peer is (BEP 15, IPv6).
 * Bytes after the last whole peer or count are ignored, because packets may grow.
 */
export function decodeReply(bytes: Uint8Array, family: AddressFamily): Reply {
  if (bytes.length < 8) throw tooShort('BEP 15, connect', bytes.length);
  const transaction = readU32(bytes, 4);
  switch (readU32(bytes, 0)) {
    case actions.connect:
      if (bytes.length < 16) throw tooShort('BEP 15, connect', bytes.length);
      return { type: 'connect', transaction, connectionId: bytes.slice(8, 16) };
    case actions.announce:
      if (bytes.length < 20) throw tooShort('BEP 15, announce', bytes.length);
      return { type: 'announce', transaction, response: readAnnounceReply(bytes, family) };
    case actions.scrape:
      return { type: 'scrape', transaction, counts: readCounts(bytes) };
    case actions.error:
      return {
        type: 'error',
        transaction,
        message: new TextDecoder().decode(bytes.subarray(8, 8 + limits.errorLength)),
      };
    default:
      throw new ProtocolError('tracker-udp/unknown-action', 'BEP 15, UDP tracker protocol', 'an undefined action');
  }
}

function readAnnounceReply(bytes: Uint8Array, family: AddressFamily): AnnounceResponse {
  const size = compactLength(family);
  const count = Math.floor((bytes.length - 20) / size);
  return {
    interval: readU32(bytes, 8),
    leechers: readU32(bytes, 12),
    seeders: readU32(bytes, 16),
    peers: Array.from({ length: count }, (_, i) => decodeCompact(bytes, 20 + size * i, family)),
  };
}

function readCounts(bytes: Uint8Array): ScrapeCounts[] {
  return Array.from({ length: Math.floor((bytes.length - 8) / 12) }, (_, i) => ({
    seeders: readU32(bytes, 8 + 12 * i),
    completed: readU32(bytes, 12 + 12 * i),
    leechers: readU32(bytes, 16 + 12 * i),
  }));
}

function tooShort(spec: string, length: number): ProtocolError {
  return new ProtocolError('tracker-udp/too-short', spec, `${length} bytes are too few for the fixed fields`);
}

/** 64 bits of a count, which a number holds exactly up to 2^53; what claims to be larger is read as near as it can be. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4);
}

function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeU32(bytes, at + 4, value);
}
