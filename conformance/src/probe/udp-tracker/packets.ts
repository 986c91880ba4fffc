/** The packets of UDP trackers, raw (BEP 15; options: BEP 41). Writes whatever it is told; reads what has the length for it. */
import type { Endpoint } from '../../target/target.ts';
import { readCompact } from '../endpoint.ts';

export const protocolId = 0x41727101980n;
export const actions = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
export const events = { none: 0, completed: 1, started: 2, stopped: 3 } as const;

export interface Announce {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly downloaded: number;
  readonly left: number;
  readonly uploaded: number;
  readonly event: number;
  readonly ip: Uint8Array;
  readonly key: number;
  readonly numWant: number;
  readonly port: number;
  /** What follows the 98 bytes. */
  readonly tail: Uint8Array;
}

export type Reply =
  | { readonly type: 'connect'; readonly transaction: number; readonly connection: bigint; readonly length: number }
  | {
      readonly type: 'announce';
      readonly transaction: number;
      readonly interval: number;
      readonly leechers: number;
      readonly seeders: number;
      readonly peers: readonly Endpoint[];
      readonly length: number;
    }
  | {
      readonly type: 'scrape';
      readonly transaction: number;
      readonly files: readonly Counts[];
      readonly length: number;
    }
  | { readonly type: 'error'; readonly transaction: number; readonly message: string; readonly length: number }
  | { readonly type: 'other'; readonly transaction: number; readonly action: number; readonly length: number };

export interface Counts {
  readonly seeders: number;
  readonly completed: number;
  readonly leechers: number;
}

export function writeConnect(transaction: number, protocol: bigint = protocolId): Uint8Array {
  return packet(protocol, actions.connect, transaction);
}

export function writeAnnounce(connection: bigint, transaction: number, announce: Announce): Uint8Array {
  const body = Buffer.alloc(82);
  body.set(announce.infoHash, 0);
  body.set(announce.peerId, 20);
  body.writeBigUInt64BE(BigInt(announce.downloaded), 40);
  body.writeBigUInt64BE(BigInt(announce.left), 48);
  body.writeBigUInt64BE(BigInt(announce.uploaded), 56);
  body.writeUInt32BE(announce.event, 64);
  body.set(announce.ip, 68);
  body.writeUInt32BE(announce.key, 72);
  body.writeInt32BE(announce.numWant, 76);
  body.writeUInt16BE(announce.port, 80);
  return packet(connection, actions.announce, transaction, body, announce.tail);
}

export function writeScrape(connection: bigint, transaction: number, hashes: readonly Uint8Array[]): Uint8Array {
  return packet(connection, actions.scrape, transaction, ...hashes);
}

/** The head that all requests share, and whatever follows it. */
export function packet(connection: bigint, action: number, transaction: number, ...rest: Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(connection, 0);
  head.writeUInt32BE(action, 8);
  head.writeUInt32BE(transaction, 12);
  return new Uint8Array(Buffer.concat([head, ...rest]));
}

/** Undefined where there is not even a head. `stride` is the length of a peer: 18 over IPv6. */
export function readReply(bytes: Uint8Array, stride: 6 | 18 = 6): Reply | undefined {
  const view = Buffer.from(bytes);
  if (view.length < 8) return undefined;
  const action = view.readUInt32BE(0);
  const transaction = view.readUInt32BE(4);
  const { length } = view;
  if (action === actions.connect && length >= 16) {
    return { type: 'connect', transaction, connection: view.readBigUInt64BE(8), length };
  }
  if (action === actions.announce && length >= 20) {
    const [interval, leechers, seeders] = [8, 12, 16].map((at) => view.readUInt32BE(at)) as [number, number, number];
    const peers = readCompact(bytes.subarray(20), stride);
    return { type: 'announce', transaction, interval, leechers, seeders, peers, length };
  }
  if (action === actions.scrape) return { type: 'scrape', transaction, files: readCounts(view), length };
  if (action === actions.error) {
    return { type: 'error', transaction, message: view.subarray(8).toString('latin1'), length };
  }
  return { type: 'other', transaction, action, length };
}

function readCounts(view: Buffer): readonly Counts[] {
  const files: Counts[] = [];
  for (let at = 8; at + 12 <= view.length; at += 12) {
    files.push({
      seeders: view.readUInt32BE(at),
      completed: view.readUInt32BE(at + 4),
      leechers: view.readUInt32BE(at + 8),
    });
  }
  return files;
}

/** One line for the timeline, for requests and replies alike. */
export function describePacket(bytes: Uint8Array): string {
  const view = Buffer.from(bytes);
  const names = ['connect', 'announce', 'scrape', 'error'];
  if (view.length >= 12 && view.readBigUInt64BE(0) === protocolId) return 'connect request';
  const reply = view.length >= 8 ? readReply(bytes) : undefined;
  if (reply !== undefined && reply.type !== 'other') {
    const { type, transaction, length: _length, ...fields } = reply;
    return `${type} reply, transaction ${transaction}: ${JSON.stringify(fields, (_key, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value))}`;
  }
  if (view.length < 16) return `${view.length} bytes`;
  return `${names[view.readUInt32BE(8)] ?? `action ${view.readUInt32BE(8)}`} request, transaction ${view.readUInt32BE(12)}`;
}
