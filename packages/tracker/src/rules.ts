/**
 * What the tracker makes of a question before the store is asked, the same for HTTP and UDP: which torrents it serves, how many
 * peers it names, what a client is taken for (BEP 3, trackers; BEP 21, paused), and what it has counted so far.
 */
import { type Address, parseIp } from '@ferro/core';
import { limits } from './limits.ts';
import { type Role, roles, type StoreAnnounce, type StoreAnswer, type StoreFailure, type SwarmStore } from './store.ts';

/** What has happened since the start. */
export interface TrackerCounts {
  announcesUdp: number;
  announcesHttp: number;
  scrapesUdp: number;
  scrapesHttp: number;
  /** Questions that were answered with an error. */
  errors: number;
  /** Datagrams without any answer, and requests that were no HTTP. */
  ignored: number;
  /** Of the errors, those that the store is to blame for. */
  storeFailures: number;
  /** Announces that were answered but not recorded. */
  notRecorded: number;
}

/** What a client asks, in the words of neither protocol. */
export interface Question {
  readonly infoHash: Uint8Array;
  readonly from: Address;
  readonly port: number;
  /** Negative: not said. */
  readonly left: number;
  readonly event: 'started' | 'completed' | 'stopped' | 'paused' | undefined;
  /** Negative: not said. */
  readonly numWant: number;
}

export interface RuleOptions {
  readonly interval?: number;
  readonly numWant?: number;
  /** Undefined: all torrents are served. */
  readonly allowed?: (infoHash: Uint8Array) => boolean;
  readonly denied?: (infoHash: Uint8Array) => boolean;
}

export const NOT_SERVED = 'this tracker does not serve this torrent';
export const STORE_AWAY = 'the tracker cannot look up its swarms now; try again later';
const UNSPECIFIED = new Uint8Array(4);

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export class Rules {
  readonly interval: number;
  readonly counts: TrackerCounts = {
    announcesUdp: 0,
    announcesHttp: 0,
    scrapesUdp: 0,
    scrapesHttp: 0,
    errors: 0,
    ignored: 0,
    storeFailures: 0,
    notRecorded: 0,
  };
  /** Questions that wait for the store. */
  waiting = 0;
  readonly store: SwarmStore;
  readonly #numWant: number;
  readonly #allowed: ((infoHash: Uint8Array) => boolean) | undefined;
  readonly #denied: ((infoHash: Uint8Array) => boolean) | undefined;
  readonly #v4 = new Uint8Array(6);
  readonly #v6 = new Uint8Array(18);
  readonly #announce: Mutable<StoreAnnounce> = {
    infoHash: this.#v4,
    address: this.#v4,
    role: roles.leecher,
    completed: false,
    listed: true,
    want: 0,
    bothFamilies: false,
  };

  constructor(store: SwarmStore, options: RuleOptions) {
    this.store = store;
    this.interval = options.interval ?? limits.interval;
    this.#numWant = Math.min(limits.numWant, options.numWant ?? limits.numWant);
    this.#allowed = options.allowed;
    this.#denied = options.denied;
  }

  serves(infoHash: Uint8Array): boolean {
    if (this.#denied?.(infoHash) === true) return false;
    return this.#allowed === undefined || this.#allowed(infoHash);
  }

  /** Asks the store. The address is the one that the question came from, whatever the client claims. */
  announce(
    question: Question,
    bothFamilies: boolean,
    wantMax: number,
    done: (answer: StoreAnswer | StoreFailure) => void,
  ): void {
    const { from, port, numWant, event } = question;
    const announce = this.#announce;
    announce.infoHash = question.infoHash;
    announce.address = this.#addressOf(from.ip, port);
    announce.role = roleOf(question.left, event);
    announce.completed = event === 'completed';
    announce.listed = port !== 0;
    announce.want = Math.min(numWant < 0 ? limits.numWantDefault : numWant, this.#numWant, wantMax);
    announce.bothFamilies = bothFamilies;
    this.waiting++;
    this.store.announce(announce, (answer) => {
      this.waiting--;
      if (answer.type === 'failed') this.counts.storeFailures++;
      else if (answer.full) this.counts.notRecorded++;
      done(answer);
    });
  }

  #addressOf(ip: string, port: number): Uint8Array {
    const bytes = ip.includes(':') ? this.#v6 : this.#v4;
    if (bytes.length === 18) bytes.set(parseIp(ip) ?? UNSPECIFIED, 0);
    else writeIpv4(ip, bytes);
    bytes[bytes.length - 2] = port >>> 8;
    bytes[bytes.length - 1] = port;
    return bytes;
  }
}

/** Of an address that a host has given, which is canonical: a question comes every ten microseconds. */
function writeIpv4(ip: string, into: Uint8Array): void {
  let at = 0;
  let value = 0;
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i);
    if (code === 46) {
      into[at++] = value;
      value = 0;
    } else value = 10 * value + code - 48;
  }
  into[at] = value;
}

function roleOf(left: number, event: Question['event']): Role {
  if (event === 'stopped') return roles.gone;
  if (left === 0) return roles.seeder;
  return event === 'paused' ? roles.paused : roles.leecher;
}
