/** How the reference peer exchanges peers (BEP 11): once a minute, what has changed, to each link that takes it. */
import type { Bencoded, Writable } from '../../probe/bencode.ts';
import { readCompact, writeCompact } from '../../probe/endpoint.ts';
import type { Extended } from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Link } from './link.ts';

const flags = { seed: 0x02, utp: 0x04, outgoing: 0x10 } as const;
const mostContacts = 50;
/** Calls to one address that come of one message. */
const mostCalls = 2;
/** Messages that nobody sends who keeps the rules. */
const flood = 20;

export class Pex {
  readonly #link: Link;
  /** Contacts that the peer was told of. */
  readonly #told: Map<string, Endpoint> = new Map();
  #lastMs = Number.NEGATIVE_INFINITY;
  #heard = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  tick(): void {
    const link = this.#link;
    const { node } = link;
    const pauseMs = link.has('pex-each-30-s') ? 30_000 : 60_000;
    if (link.has('never-sends-pex') || link.extensions.idOf('ut_pex') === 0) return;
    if (node.store?.isPrivate === true || node.nowMs - this.#lastMs < pauseMs) return;
    const message = this.#message();
    if (message === undefined) return;
    this.#lastMs = node.nowMs;
    link.extensions.send(link.extensions.idOf('ut_pex'), message);
  }

  receive({ dictionary }: Extended): void {
    const link = this.#link;
    const { node } = link;
    if (++this.#heard > flood && link.has('dies-of-pex-flood')) return node.die();
    if (node.store?.isPrivate === true && !link.has('dials-private-pex')) return;
    const added = bytesOf(dictionary?.get('added'));
    const marks = bytesOf(dictionary?.get('added.f'));
    if (added.length % 6 !== 0 && link.has('dies-of-odd-pex')) return node.die();
    if (marks.length < added.length / 6 && link.has('dies-of-short-flags')) return node.die();
    for (const each of readCompact(bytesOf(dictionary?.get('dropped')))) {
      if (link.has('drops-on-pex')) for (const peer of this.#others()) if (sameAs(peer.listensAt, each)) peer.close();
    }
    if (!link.has('ignores-pex')) this.#call(readCompact(added));
  }

  #call(contacts: readonly Endpoint[]): void {
    const link = this.#link;
    const calls = new Map<string, number>();
    for (const each of contacts) {
      const first = Number(each.ip.split('.')[0]);
      const isPeer = each.port > 0 && first > 0 && first < 224;
      const count = calls.get(each.ip) ?? 0;
      calls.set(each.ip, count + 1);
      if (!isPeer && !link.has('dials-anything')) continue;
      if (count >= mostCalls && !link.has('dials-all-pex')) continue;
      link.node.dial(each);
    }
  }

  #message(): Writable | undefined {
    const link = this.#link;
    const now = new Map(this.#contacts().map((each) => [keyOf(each.at), each]));
    const isFirst = this.#lastMs === Number.NEGATIVE_INFINITY;
    const most = isFirst || link.has('pex-unbounded') ? Number.POSITIVE_INFINITY : mostContacts;
    const added = [...now].filter(([key]) => !this.#told.has(key)).slice(0, most);
    const dropped = [...this.#told].filter(([key]) => !now.has(key) && !link.has('never-drops')).slice(0, most);
    const transient = link.has('flaps-both') ? link.node.departed.splice(0) : [];
    if (added.length + dropped.length + transient.length === 0 && !link.has('empty-pex')) return undefined;
    for (const [key, { at }] of added) this.#told.set(key, at);
    for (const [key] of dropped) this.#told.delete(key);
    const contacts = [...added.map(([, each]) => each), ...transient.map((at) => ({ at, marks: 0 }))];
    const told = link.has('pex-repeats') ? [...contacts, ...contacts] : contacts;
    return this.#written(told, [...dropped.map(([, at]) => at), ...transient]);
  }

  #written(told: readonly { at: Endpoint; marks: number }[], dropped: readonly Endpoint[]): Writable {
    const link = this.#link;
    if (told.length + dropped.length === 0) return {};
    const bytes = told.map(({ at }) => writeCompact(at));
    const marks = told.map(({ marks }) => (link.has('pex-no-flags') ? 0 : marks));
    return {
      added: link.has('pex-lists') ? bytes : Buffer.concat(bytes),
      'added.f': Uint8Array.from(link.has('pex-flags-short') ? marks.slice(1) : marks),
      dropped: Buffer.concat(dropped.map(writeCompact)),
    };
  }

  #contacts(): readonly { at: Endpoint; marks: number }[] {
    const link = this.#link;
    const connected = this.#others().flatMap((each) => {
      const at = link.has('pex-source-ports') ? each.remote : each.listensAt;
      const count = link.node.store?.pieceCount;
      const seed = each.download.pieces.size === count ? flags.seed : 0;
      const utp = each.overUtp && !link.has('pex-without-utp') ? flags.utp : 0;
      return at === undefined ? [] : [{ at, marks: seed | utp | (each.outgoing ? flags.outgoing : 0) }];
    });
    const known = link.has('pex-from-tracker') ? link.node.fromTracker.map((at) => ({ at, marks: 0 })) : [];
    return [...connected, ...known];
  }

  #others(): readonly Link[] {
    const link = this.#link;
    return [...link.node.links].filter((each) => each !== link || link.has('pex-echoes'));
  }
}

function bytesOf(value: Bencoded | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function keyOf({ ip, port }: Endpoint): string {
  return `${ip} ${port}`;
}

function sameAs(a: Endpoint | undefined, b: Endpoint): boolean {
  return a !== undefined && keyOf(a) === keyOf(b);
}
