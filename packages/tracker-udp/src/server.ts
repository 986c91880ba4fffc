/**
 * The tracker's side of the UDP tracker protocol (BEP 15; BEP 41, URLData). It answers connects by itself, checks connection
 * ids, and turns the rest into events; what a swarm is, is its user's business. It keeps no table: whatever is needed to
 * answer is in the question (`ReplyTo`), so an answer may come at once or later, or never.
 *
 * The question object of an event, and everything in it, is reused by the next receive(): copy what you keep.
 */
import type { Address, Datagram, DatagramCore, Environment, Instant, ProtocolError } from '@ferro/core';
import { readU16, readU32 } from '@ferro/core';
import { ConnectionIds } from './connection-id.ts';
import { ignored } from './errors.ts';
import { limits } from './limits.ts';
import { readUrlData } from './options.ts';
import {
  type AnnounceEvent,
  actions,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrapeReply,
  eventOf,
  hasProtocolId,
  readU64,
  requestLengths,
  type ScrapeCounts,
  writeAnnounceReply,
} from './packet.ts';

/** All that an answer needs of its question. */
export interface ReplyTo {
  readonly from: Address;
  readonly transaction: number;
}

export interface AnnounceQuery extends ReplyTo {
  readonly type: 'announce';
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly downloaded: number;
  readonly left: number;
  readonly uploaded: number;
  readonly event: AnnounceEvent | undefined;
  /** The IPv4 address that the client claims, as a number; 0: none. Believing it lets anyone announce a victim. */
  readonly claimedIp: number;
  readonly key: number;
  /** Negative: the tracker decides. */
  readonly numWant: number;
  readonly port: number;
  /** Path and query of the URL that the client uses (BEP 41); empty if it said none. */
  readonly urlData: string;
}

export interface ScrapeQuery extends ReplyTo {
  readonly type: 'scrape';
  /** `count` hashes of 20 bytes, each after the other. */
  readonly infoHashes: Uint8Array;
  readonly count: number;
}

export type UdpTrackerServerEvent =
  | AnnounceQuery
  | ScrapeQuery
  | { readonly type: 'ignored'; readonly from: Address; readonly reason: ProtocolError };

export interface UdpTrackerServerOptions {
  /** Milliseconds after which the secret changes; ids live once to twice as long. */
  readonly secretLifeMs?: number;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export class UdpTrackerServer implements DatagramCore<UdpTrackerServerEvent> {
  readonly deadline: Instant = Number.POSITIVE_INFINITY;
  readonly #ids: ConnectionIds;
  #output = new Uint8Array(limits.outputLength);
  #used = 0;
  /** Where the answer that is being written ends, and to whom it goes. */
  #open: { to: Address; start: number } | undefined;
  #ready: Datagram[] = [];
  readonly #announce: Mutable<AnnounceQuery> = {
    type: 'announce',
    from: { ip: '', port: 0 },
    transaction: 0,
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    downloaded: 0,
    left: 0,
    uploaded: 0,
    event: undefined,
    claimedIp: 0,
    key: 0,
    numWant: 0,
    port: 0,
    urlData: '',
  };
  readonly #announced: readonly [AnnounceQuery] = [this.#announce];

  constructor(env: Environment, options: UdpTrackerServerOptions = {}) {
    this.#ids = new ConnectionIds(env, options.secretLifeMs ?? limits.secretLifeMs);
  }

  receive(datagram: Datagram): readonly UdpTrackerServerEvent[] {
    const { bytes, address: from } = datagram;
    if (bytes.length < 16) return ignore(from, bytes.length === 0 ? ignored.empty : ignored.tooShort);
    const action = readU32(bytes, 8);
    if (action === actions.connect) return this.#connect(bytes, from);
    if (action !== actions.announce && action !== actions.scrape) return ignore(from, ignored.unknownAction);
    if (action === actions.announce && bytes.length < requestLengths.announce) {
      return ignore(from, ignored.shortAnnounce);
    }
    if (!this.#ids.proves(from.ip, bytes, 0)) return ignore(from, ignored.badConnectionId);
    return action === actions.announce ? this.#readAnnounce(bytes, from) : readScrape(bytes, from);
  }

  tick(): readonly UdpTrackerServerEvent[] {
    return [];
  }

  flush(): readonly Datagram[] {
    if (this.#ready.length === 0) return this.#ready;
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /**
   * Begins the answer to an announce, for who has the peers in compact form: write them into `output` at the returned
   * offset (6 bytes each to an IPv4 sender, 18 to an IPv6 one; at most `peersLengthMax` bytes), then call endAnnounce().
   */
  beginAnnounce(to: ReplyTo, interval: number, leechers: number, seeders: number, peersLengthMax: number): number {
    if (peersLengthMax > limits.peersLength) throw new RangeError(`peers take more than ${limits.peersLength} bytes`);
    if (this.#used + 20 + peersLengthMax > this.#output.length) {
      this.#output = new Uint8Array(limits.outputLength);
      this.#used = 0;
    }
    writeAnnounceReply(this.#output, this.#used, to.transaction, interval, leechers, seeders);
    this.#open = { to: to.from, start: this.#used };
    return this.#used + 20;
  }

  /** Where beginAnnounce() wants the peers written. */
  get output(): Uint8Array {
    return this.#output;
  }

  /** Ends the answer that beginAnnounce() began, with the length in bytes of the peers that were written. */
  endAnnounce(peersLength: number): void {
    if (this.#open === undefined) throw new TypeError('no announce has been begun');
    const { to, start } = this.#open;
    this.#open = undefined;
    this.#used = start + 20 + peersLength;
    this.#ready.push({ bytes: this.#output.subarray(start, this.#used), address: to });
  }

  /** Answers an announce with peers in the compact form of the asker's address family. */
  respondAnnounce(to: ReplyTo, interval: number, leechers: number, seeders: number, peers: Uint8Array): void {
    const at = this.beginAnnounce(to, interval, leechers, seeders, peers.length);
    this.#output.set(peers, at);
    this.endAnnounce(peers.length);
  }

  /** Answers a scrape: one count for each hash, in their order. */
  respondScrape(to: ReplyTo, counts: readonly ScrapeCounts[]): void {
    this.#ready.push({ bytes: encodeScrapeReply(to.transaction, counts), address: to.from });
  }

  respondError(to: ReplyTo, message: string): void {
    const bytes = encodeErrorReply(to.transaction, message, requestLengths.announce);
    this.#ready.push({ bytes, address: to.from });
  }

  #connect(bytes: Uint8Array, from: Address): readonly UdpTrackerServerEvent[] {
    if (!hasProtocolId(bytes)) return ignore(from, ignored.badProtocolId);
    const reply = encodeConnectReply(readU32(bytes, 12));
    this.#ids.write(from.ip, reply, 8);
    this.#ready.push({ bytes: reply, address: from });
    return [];
  }

  #readAnnounce(bytes: Uint8Array, from: Address): readonly UdpTrackerServerEvent[] {
    const query = this.#announce;
    query.from = from;
    query.transaction = readU32(bytes, 12);
    for (let i = 0; i < 20; i++) query.infoHash[i] = bytes[16 + i]!;
    for (let i = 0; i < 20; i++) query.peerId[i] = bytes[36 + i]!;
    query.downloaded = readU64(bytes, 56);
    query.left = readU64(bytes, 64);
    query.uploaded = readU64(bytes, 72);
    query.event = eventOf(bytes);
    query.claimedIp = readU32(bytes, 84);
    query.key = readU32(bytes, 88);
    query.numWant = readU32(bytes, 92) | 0;
    query.port = readU16(bytes, 96);
    query.urlData = bytes.length === requestLengths.announce ? '' : readUrlData(bytes, requestLengths.announce);
    return this.#announced;
  }
}

function readScrape(bytes: Uint8Array, from: Address): readonly UdpTrackerServerEvent[] {
  const count = Math.min(limits.scrapeHashes, Math.floor((bytes.length - requestLengths.scrape) / 20));
  if (count === 0) return ignore(from, ignored.shortScrape);
  const infoHashes = bytes.subarray(requestLengths.scrape, requestLengths.scrape + 20 * count);
  return [{ type: 'scrape', from, transaction: readU32(bytes, 12), infoHashes, count }];
}

function ignore(from: Address, reason: ProtocolError): readonly UdpTrackerServerEvent[] {
  return [{ type: 'ignored', from, reason }];
}
