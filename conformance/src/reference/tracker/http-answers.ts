/** What the reference HTTP tracker answers (BEP 3, trackers; BEP 7, 20, 21, 23, 24, 48), and the ways in which it gets it wrong. */
import { fromLatin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import { ipBytes } from '../../probe/endpoint.ts';
import type { httpBugs } from './http-bugs.ts';
import { intervalSeconds, type KnownPeer, Swarms } from './swarms.ts';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly ip: string;
  readonly port: number;
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

type Query = readonly (readonly [name: string, value: string])[];

export class HttpAnswers {
  readonly #bugs: ReadonlySet<string>;
  readonly #swarms: Swarms;
  readonly #die: () => void;

  constructor(bugs: ReadonlySet<string>, die: () => void) {
    this.#bugs = bugs;
    this.#swarms = new Swarms(bugs);
    this.#die = die;
  }

  advance(ms: number): void {
    this.#swarms.nowMs += ms;
  }

  /** Undefined where it has died of the question. */
  answer(asked: Asked): Answer | undefined {
    if (asked.method !== 'GET' && !this.#has('accepts-post'))
      return { status: 405, body: this.#failure('GET only').body };
    const [path = '', text = ''] = asked.target.split('?');
    const query = text.split('&').map((part) => part.split('=') as unknown as readonly [string, string]);
    if (path === '/announce') return this.#announce(asked, query);
    if (path === '/scrape') return this.#scrape(asked, query);
    if (this.#has('dies-of-unknown-paths')) return this.#dead();
    return { status: 404, body: this.#failure('no such page').body };
  }

  #has(bug: keyof typeof httpBugs): boolean {
    return this.#bugs.has(bug);
  }

  #dead(): undefined {
    this.#die();
  }

  #failure(reason: string): Answer {
    if (this.#has('html-errors')) return { status: 200, body: Buffer.from(`<html><body>${reason}</body></html>`) };
    return { status: 200, body: writeBencode({ 'failure reason': this.#has('numeric-failures') ? 7 : reason }) };
  }

  #announce(asked: Asked, query: Query): Answer | undefined {
    const value = (name: string) => this.#value(query, name);
    const infoHash = value('info_hash');
    if (infoHash === undefined) return this.#failure('no info_hash');
    if (bytesOf(infoHash).length !== 20 && !this.#has('any-hash-length'))
      return this.#failure('info_hash is not 20 bytes');
    const peerId = bytesOf(value('peer_id') ?? '');
    if (peerId.length !== 20) return this.#has('dies-of-short-peer-ids') ? this.#dead() : this.#failure('peer_id');
    if (this.#has('printable-ids-only') && /[^ -~]/.test(peerId)) return this.#failure('peer_id is no text');
    const port = this.#portOf(value('port'));
    if (port === undefined) return this.#failure('port');
    const event = value('event') ?? '';
    if (query.some(([name]) => name === 'event') && event === '' && this.#has('refuses-empty-event'))
      return this.#failure('event');
    if (event === 'paused' && this.#has('refuses-paused')) return this.#failure('event');
    const known = ['', 'empty', 'started', 'stopped', 'completed', 'paused'].includes(event);
    if (!known && this.#has('dies-of-unknown-events')) return this.#dead();
    const numWant = Number(value('numwant') ?? -1);
    if (value('numwant') !== undefined && numWant < 0 && this.#has('dies-of-odd-numwant')) return this.#dead();
    const claimed = value('ip') ?? (this.#has('trusts-ipv4-parameter') ? value('ipv4') : undefined);
    const ip = this.#has('trusts-ipv4-parameter') && claimed !== undefined ? claimed : asked.ip;
    const peers = this.#swarms.announce({
      infoHash: this.#hashOf(infoHash),
      peerId,
      at: { ip, port },
      ...(claimed !== undefined && { claimed }),
      left: Number(value('left') ?? 1),
      event,
      numWant,
    });
    return this.#announceAnswer(asked, this.#hashOf(infoHash), peers, value('compact'));
  }

  #announceAnswer(asked: Asked, hash: string, peers: readonly KnownPeer[], compact: string | undefined): Answer {
    if (compact === '0' && this.#has('refuses-compact-0')) return this.#failure('compact only');
    const { complete, incomplete } = this.#swarms.counts(hash);
    const listed = compact === '0' || (compact === undefined && this.#has('lists-by-default'));
    const fields: [string, Writable | undefined][] = [
      ['peers', listed ? this.#list(peers) : this.#compact(asked, peers)],
      ['peers6', listed ? undefined : this.#compact6(peers)],
      ['interval', this.#has('no-interval') ? undefined : intervalSeconds],
      ['complete', complete],
      ['incomplete', incomplete],
      ['external ip', this.#has('external-address-as-text') ? asked.ip : ipBytes(asked.ip)],
    ];
    const given = fields.filter((field): field is [string, Writable] => field[1] !== undefined);
    const body = this.#has('unsorted-keys') ? new Map(given) : Object.fromEntries(given);
    return { status: 200, body: writeBencode(body) };
  }

  #list(peers: readonly KnownPeer[]): Writable | undefined {
    if (peers.length === 0 && this.#has('no-empty-peers')) return undefined;
    return peers.map(({ ip, port, peerId }) => ({
      ip: this.#has('packed-address-in-list') ? ipBytes(ip) : ip,
      port,
      'peer id': fromLatin1(peerId),
    }));
  }

  #compact(asked: Asked, peers: readonly KnownPeer[]): Writable | undefined {
    if (peers.length === 0 && this.#has('no-empty-peers')) return undefined;
    if (this.#has('peers-only-in-peers6')) return undefined;
    const six = asked.ip.includes(':');
    const fitting = peers.filter(({ ip }) => !ip.includes(':') || this.#has('ipv6-in-peers'));
    return this.#entries(this.#has('hides-own-family') && !six ? [] : fitting);
  }

  #compact6(peers: readonly KnownPeer[]): Writable | undefined {
    const six = peers.filter(({ ip }) => ip.includes(':'));
    if (this.#has('peers-only-in-peers6')) return this.#entries(peers);
    if (six.length === 0 || this.#has('ipv6-in-peers')) return undefined;
    return this.#entries(this.#has('ipv6-as-mapped') ? six.map((peer) => ({ ...peer, ip: '::ffff:7f00:1' })) : six);
  }

  #entries(peers: readonly KnownPeer[]): Uint8Array {
    const entry = ({ ip, port }: KnownPeer) =>
      this.#has('ports-swapped') ? [...ipBytes(ip), port & 0xff, port >> 8] : [...ipBytes(ip), port >> 8, port & 0xff];
    return Uint8Array.from(peers.flatMap(entry));
  }

  #scrape(asked: Asked, query: Query): Answer | undefined {
    const given = query.filter(([name]) => name === 'info_hash').map(([, value]) => value);
    if (given.some((hash) => bytesOf(hash).length !== 20)) return this.#failure('info_hash is not 20 bytes');
    if (given.length === 0 && !this.#has('full-scrapes')) return this.#failure('no info_hash');
    const unknown = given.some((hash) => !this.#swarms.knows(this.#hashOf(hash)));
    if (unknown && this.#has('fails-on-unknown-hashes')) return { status: 500, body: Buffer.from('Internal error') };
    const hashes = (this.#has('last-hash-only') ? given.slice(-1) : given).map((hash) => this.#hashOf(hash));
    const files = Object.fromEntries(hashes.map((hash) => [this.#keyOf(hash), this.#entryOf(hash)]));
    for (const hash of hashes) this.#swarms.scraped(hash, asked);
    return { status: 200, body: writeBencode({ files }) };
  }

  #entryOf(hash: string): Writable {
    const { complete, incomplete, ...rest } = this.#swarms.counts(hash);
    const swapped = this.#has('scrape-counters-swapped');
    return swapped ? { complete: incomplete, incomplete: complete, ...rest } : { complete, incomplete, ...rest };
  }

  #keyOf(hash: string): string {
    if (this.#has('hex-keys')) return Buffer.from(hash, 'latin1').toString('hex');
    // As if the bytes were text: those above 127 become two.
    return this.#has('text-keys') ? Buffer.from(hash, 'utf8').toString('latin1') : hash;
  }

  #value(query: Query, name: string): string | undefined {
    const values = query.filter(([each]) => each === name).map(([, value]) => value ?? '');
    return this.#has('last-duplicate-wins') ? values.at(-1) : values[0];
  }

  #hashOf(escaped: string): string {
    if (this.#has('compares-escapes')) return escaped;
    return bytesOf(this.#has('plus-is-space') ? escaped.replaceAll('+', '%20') : escaped);
  }

  #portOf(text: string | undefined): number | undefined {
    if (text === undefined) return this.#has('no-port-is-zero') ? 0 : undefined;
    const port = Number(text);
    if (port > 0 && port < 65_536) return port;
    return this.#has('any-port') ? port & 0xffff : undefined;
  }
}

/** Escapes become bytes, as latin-1 text. */
function bytesOf(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
