/**
 * Local service discovery in one group (BEP 14): says which torrents are here, several in one announcement and never more than
 * one a minute, and reports neighbours that have the same ones. Private torrents are never announced (BEP 27).
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed.
 */
import {
  type Address,
  type AddressFamily,
  type Datagram,
  type DatagramCore,
  Deadlines,
  type Environment,
  formatAddress,
  type Id20,
  type Instant,
  ProtocolError,
  scopeOf,
  toHex,
} from '@ferro/core';
import { type Announcement, decodeAnnouncement, encodeAnnouncement, infoHashesIn } from './announcement.ts';
import { GROUPS } from './groups.ts';
import { limits } from './limits.ts';
import { Neighbours } from './neighbours.ts';

export type LsdEvent =
  /** A neighbour that has a torrent of ours; not necessarily a new one, and not proved to be there. */
  | { readonly type: 'peer'; readonly infoHash: Id20; readonly address: Address }
  /** A datagram that is no announcement, or one too many. */
  | { readonly type: 'ignored'; readonly from: Address; readonly reason: ProtocolError };

export interface LsdOptions {
  /** Of the group. */
  readonly family: AddressFamily;
  /** Where we listen for peers. */
  readonly port: number;
}

export interface LsdTorrent {
  readonly infoHash: Id20;
  readonly isPrivate: boolean;
}

export class Lsd implements DatagramCore<LsdEvent> {
  readonly group: Address;
  readonly #environment: Environment;
  readonly #about: Omit<Announcement, 'infoHashes'>;
  readonly #perAnnouncement: number;
  readonly #neighbours = new Neighbours();
  readonly #torrents = new Map<string, Id20>();
  /** When each torrent is to be announced. */
  readonly #due = new Deadlines<string>();
  /** Before this nothing is announced. */
  #quietUntil: Instant = Number.NEGATIVE_INFINITY;
  #out: Datagram[] = [];

  constructor(environment: Environment, { family, port }: LsdOptions) {
    if (!(port >= 1 && port <= 65_535)) throw new RangeError(`nobody can be reached at port ${port}`);
    this.group = GROUPS[family];
    this.#environment = environment;
    const cookie = new Uint8Array(limits.cookieBytes);
    environment.random(cookie);
    this.#about = { host: formatAddress(this.group), port, cookie: toHex(cookie) };
    this.#perAnnouncement = infoHashesIn(limits.sendLength, this.#about);
  }

  /** From now on the torrent is announced and looked for. False: it is private, known already, or one too many. */
  add({ infoHash, isPrivate }: LsdTorrent): boolean {
    if (isPrivate || this.#torrents.has(infoHash.hex) || this.#torrents.size >= limits.torrents) return false;
    this.#torrents.set(infoHash.hex, infoHash);
    this.#due.set(infoHash.hex, this.#environment.now() + limits.gatherMs);
    return true;
  }

  remove(infoHash: Id20): void {
    this.#torrents.delete(infoHash.hex);
    this.#due.clear(infoHash.hex);
  }

  get deadline(): Instant {
    return Math.max(this.#due.next, this.#quietUntil);
  }

  receive({ bytes, address: from }: Datagram): readonly LsdEvent[] {
    let announcement: Announcement;
    try {
      if (!this.#neighbours.mayTalk(from.ip, this.#environment.now()))
        throw refuse('too-many', 'it announces too much');
      announcement = decodeAnnouncement(bytes);
      // Loopback of our own words, not worth a look at the rest.
      if (announcement.cookie === this.#about.cookie) return [];
      if (!isReachable(from.ip)) throw refuse('unreachable', 'the address means nothing without a network');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [{ type: 'ignored', from, reason: error }];
    }
    const address = { ip: from.ip, port: announcement.port };
    return announcement.infoHashes
      .filter(({ hex }) => this.#torrents.has(hex))
      .map((infoHash) => ({ type: 'peer', infoHash, address }));
  }

  /** Says what is due, those that have waited longest first, as many as fit into one datagram. */
  tick(): readonly LsdEvent[] {
    const now = this.#environment.now();
    if (now < this.deadline) return [];
    const infoHashes: Id20[] = [];
    while (infoHashes.length < this.#perAnnouncement) {
      const hex = this.#due.takeDue(now);
      if (hex === undefined) break;
      infoHashes.push(this.#torrents.get(hex)!);
    }
    for (const { hex } of infoHashes) this.#due.set(hex, now + limits.announceMs);
    this.#quietUntil = now + limits.intervalMs;
    this.#out.push({ bytes: encodeAnnouncement({ ...this.#about, infoHashes }), address: this.group });
    return [];
  }

  flush(): readonly Datagram[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }
}

/** A link-local IPv6 address could be on any network; the others cannot be a sender's. */
function isReachable(ip: string): boolean {
  const scope = scopeOf(ip);
  if (scope === 'link-local') return !ip.includes(':');
  return scope !== 'multicast' && scope !== 'unspecified' && scope !== 'reserved';
}

function refuse(what: string, message: string): ProtocolError {
  return new ProtocolError(`lsd/${what}`, 'BEP 14, usage', message);
}
