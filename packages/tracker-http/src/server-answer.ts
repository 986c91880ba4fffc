/**
 * What a tracker answers over HTTP, as the bencoded body: announce (BEP 3, trackers) with compact peers (BEP 23), peers6
 * (BEP 7) or the long form, the client's address (BEP 24), scrape (BEP 48; BEP 21, tracker scrapes) and failure (BEP 31).
 * The answer with compact peers is written by hand, key after key in order, because trackers give tens of thousands a second.
 */
import { encode } from '@ferro/bencode';
import { compareBytes, toHex, utf8 } from '@ferro/core';
import { Slab } from './slab.ts';

/** A peer of the long form. */
export interface FullPeer {
  /** Left out if the client does not want it (`no_peer_id`). */
  readonly peerId?: Uint8Array;
  readonly ip: string;
  readonly port: number;
}

export interface AnnounceAnswer {
  /** Seconds. */
  readonly interval: number;
  readonly minInterval?: number;
  /** Seeders, leechers, and downloads ever completed. */
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded?: number;
  /** Compact addresses of 6 bytes, or a list for the long form. */
  readonly peers: Uint8Array | readonly FullPeer[];
  /** Compact addresses of 18 bytes. */
  readonly peers6?: Uint8Array;
  /** The address that the request came from, 4 or 16 bytes. */
  readonly externalIp?: Uint8Array;
  readonly trackerId?: string;
  readonly warning?: string;
}

export interface ScrapeCounts {
  readonly complete: number;
  readonly downloaded: number;
  readonly incomplete: number;
  /** Of the incomplete, those that still download (BEP 21). */
  readonly downloaders?: number;
}

/** Bytes of all keys and of the longest numbers. */
const FIXED_LENGTH = 320;

export function encodeAnnounce(answer: AnnounceAnswer): Uint8Array {
  if (!(answer.peers instanceof Uint8Array)) return encodeLong(answer);
  const { peers, peers6, externalIp } = answer;
  const trackerId = answer.trackerId === undefined ? undefined : utf8(answer.trackerId);
  const warning = answer.warning === undefined ? undefined : utf8(answer.warning);
  const variable = peers.length + (peers6?.length ?? 0) + (trackerId?.length ?? 0) + (warning?.length ?? 0);
  const writer = new Writer(FIXED_LENGTH + variable);
  writer.text('d8:completei');
  writer.number(answer.complete);
  if (answer.downloaded !== undefined) {
    writer.text('e10:downloadedi');
    writer.number(answer.downloaded);
  }
  writer.text('e');
  if (externalIp !== undefined) writer.field('11:external ip', externalIp);
  writer.text('10:incompletei');
  writer.number(answer.incomplete);
  writer.text('e8:intervali');
  writer.number(answer.interval);
  if (answer.minInterval !== undefined) {
    writer.text('e12:min intervali');
    writer.number(answer.minInterval);
  }
  writer.text('e');
  writer.field('5:peers', peers);
  if (peers6 !== undefined) writer.field('6:peers6', peers6);
  if (trackerId !== undefined) writer.field('10:tracker id', trackerId);
  if (warning !== undefined) writer.field('15:warning message', warning);
  writer.text('e');
  return writer.written();
}

function encodeLong(answer: AnnounceAnswer): Uint8Array {
  const peers = (answer.peers as readonly FullPeer[]).map((peer) => ({
    ip: peer.ip,
    'peer id': peer.peerId,
    port: peer.port,
  }));
  return encode({
    complete: answer.complete,
    downloaded: answer.downloaded,
    'external ip': answer.externalIp,
    incomplete: answer.incomplete,
    interval: answer.interval,
    'min interval': answer.minInterval,
    peers,
    'tracker id': answer.trackerId,
    'warning message': answer.warning,
  });
}

/** `retryIn`: minutes, or that the client shall never ask this again (BEP 31). */
export function encodeFailure(reason: string, retryIn?: number | 'never'): Uint8Array {
  return encode({ 'failure reason': reason, 'retry in': retryIn });
}

/** `infoHashes`: 20 bytes each, with as many counts in the same order. */
export function encodeScrape(infoHashes: Uint8Array, counts: readonly ScrapeCounts[]): Uint8Array {
  const byHash = new Map<string, { infoHash: Uint8Array; count: ScrapeCounts }>();
  for (const [i, count] of counts.entries()) {
    const infoHash = infoHashes.subarray(20 * i, 20 * i + 20);
    byHash.set(toHex(infoHash), { infoHash, count });
  }
  const writer = new Writer(16 + byHash.size * 192);
  writer.text('d5:filesd');
  for (const { infoHash, count } of [...byHash.values()].sort((a, b) => compareBytes(a.infoHash, b.infoHash))) {
    writer.field('', infoHash);
    writer.text('d8:completei');
    writer.number(count.complete);
    writer.text('e10:downloadedi');
    writer.number(count.downloaded);
    if (count.downloaders !== undefined) {
      writer.text('e11:downloadersi');
      writer.number(count.downloaders);
    }
    writer.text('e10:incompletei');
    writer.number(count.incomplete);
    writer.text('ee');
  }
  writer.text('ee');
  return writer.written();
}

/** The one who writes at a time: answers are written whole, one after the other. */
const slab = new Slab();

/** Writes into room that its user has made long enough. */
class Writer {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(length: number) {
    slab.reserve(length);
    this.#bytes = slab.bytes;
    this.#at = slab.at;
  }

  /** ASCII. */
  text(text: string): void {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#at = at + text.length;
  }

  /** A count: negative numbers and fractions do not occur in answers and become the next whole number from zero on. */
  number(value: number): void {
    let rest = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.floor(value)));
    let digits = 1;
    for (let power = 10; power <= rest; power *= 10) digits++;
    const bytes = this.#bytes;
    const at = this.#at;
    for (let place = at + digits - 1; place >= at; place--) {
      const next = Math.floor(rest / 10);
      bytes[place] = 48 + (rest - 10 * next);
      rest = next;
    }
    this.#at = at + digits;
  }

  /** A key as it is encoded, and a byte string. */
  field(key: string, value: Uint8Array): void {
    this.text(key);
    this.number(value.length);
    this.text(':');
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  written(): Uint8Array {
    return slab.take(this.#at);
  }
}
