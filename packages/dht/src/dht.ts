/**
 * A node of the Mainline DHT (BEP 5, 32, 33, 42, 43, 44, 51): client and server at once, over datagrams. This file only
 * brings together its parts: ask.ts asks, answer.ts answers, upkeep.ts keeps the routing tables.
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed.
 * After any number of inputs and commands: flush once, then look at `deadline`.
 */
import {
  type Address,
  type AddressFamily,
  type Datagram,
  type DatagramCore,
  type Environment,
  familyOf,
  Id20,
  type Instant,
  ProtocolError,
} from '@ferro/core';
import { Answerer } from './answer.ts';
import { Asker } from './ask.ts';
import { mayName } from './contact.ts';
import type { DhtEvent, Traffic } from './events.ts';
import { type Item, Items } from './items.ts';
import type { KrpcMessage, KrpcQuery } from './krpc.ts';
import type { BodyFields } from './krpc-body.ts';
import { decodeKrpc } from './krpc-decode.ts';
import { encodeKrpc } from './krpc-encode.ts';
import { limits } from './limits.ts';
import type { Lookup } from './lookup.ts';
import { Network, type Networks } from './network.ts';
import { randomId } from './node-id.ts';
import type { DhtOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { type AnnounceOptions, type Goal, targetOfPut } from './search.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { Tokens } from './tokens.ts';
import { Upkeep } from './upkeep.ts';
import { Rate, type Visitor, Visitors } from './visitors.ts';

/** `FE`, version 1. */
const VERSION = Uint8Array.of(0x46, 0x45, 0, 1);
const FLOOD = new ProtocolError('dht/too-many', 'BEP 5, KRPC protocol', 'more questions than are answered');
const LONG_TRANSACTION = new ProtocolError(
  'dht/long-transaction',
  'BEP 5, KRPC protocol',
  'the transaction id is too long',
);
const NO_WAY_BACK = new ProtocolError('dht/no-way-back', 'BEP 5, KRPC protocol', 'there is no answering this address');

export class Dht implements DatagramCore<DhtEvent> {
  readonly #environment: Environment;
  readonly #families: readonly AddressFamily[];
  readonly #readOnly: boolean;
  readonly #networks: Networks;
  readonly #items: Items;
  readonly #visitors: Visitors;
  readonly #answers: Rate;
  readonly #outbox = new Outbox();
  readonly #answerer: Answerer;
  readonly #asker: Asker;
  readonly #upkeep: Upkeep;
  /** Where routers are. */
  readonly #places: Set<string>;
  #questions = 0;
  #refused = 0;
  /** Known already, to be told with the next input. */
  #events: DhtEvent[] = [];

  /** Throws a ProtocolError if `options.saved` is no snapshot. */
  constructor(environment: Environment, options: DhtOptions = {}) {
    const now = environment.now();
    const saved = options.saved === undefined ? undefined : decodeSnapshot(options.saved);
    const id = options.id ?? randomId(environment);
    this.#environment = environment;
    this.#families = options.families ?? [4, 6];
    this.#readOnly = options.readOnly === true;
    this.#networks = {
      4: new Network(4, options.id ?? saved?.id4 ?? id, environment, options),
      6: new Network(6, options.id ?? saved?.id6 ?? id, environment, options),
    };
    this.#items = new Items(options.items);
    const perSecond = options.queriesPerSecond;
    this.#visitors = new Visitors(perSecond === undefined ? {} : { perSecond });
    this.#answers = new Rate(options.answersPerSecond ?? limits.answersPerSecond, now);
    const shared = {
      environment,
      networks: this.#networks,
      items: this.#items,
      visitors: this.#visitors,
      version: options.version ?? VERSION,
    };
    const signatures = new Rate(limits.signaturesPerSecond, now);
    this.#answerer = new Answerer({ ...shared, signatures, tokens: new Tokens(environment) });
    const routers = options.routers ?? [];
    this.#places = new Set(routers.map(placeOf));
    this.#asker = new Asker({ ...shared, outbox: this.#outbox, routers: this.#places }, options);
    this.#upkeep = new Upkeep({ ...shared, asker: this.#asker, families: this.#families, routers });
    if (saved !== undefined || routers.length > 0) this.bootstrap(saved?.contacts ?? []);
  }

  receive({ bytes, address }: Datagram): readonly DhtEvent[] {
    const now = this.#environment.now();
    let message: KrpcMessage;
    try {
      message = decodeKrpc(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#ignore(address, error);
    }
    if (!this.#families.includes(familyOf(address.ip)) || address.port === 0) return this.#ignore(address, NO_WAY_BACK);
    if (message.type === 'query') {
      const refusal = this.#answer(message, bytes.length, address, now);
      if (refusal !== undefined) return this.#ignore(address, refusal);
    } else this.#asker.receive(message, address, now);
    return this.#takeEvents(now);
  }

  tick(): readonly DhtEvent[] {
    const now = this.#environment.now();
    this.#asker.tick(now);
    this.#upkeep.tick(now);
    return this.#takeEvents(now);
  }

  get deadline(): Instant {
    if (this.#events.length > 0) return Number.NEGATIVE_INFINITY;
    return Math.min(this.#asker.deadline, this.#upkeep.deadline);
  }

  flush(): readonly Datagram[] {
    return this.#outbox.take();
  }

  /** Takes nodes to enter the network by: from a torrent's `nodes`, from a user, from anywhere. */
  bootstrap(nodes: readonly (Address | { readonly id: Id20; readonly address: Address })[]): void {
    this.#upkeep.bootstrap(nodes.map((node) => ('address' in node ? node : { address: node })));
    this.#settle();
  }

  /** Takes further routers: their names may take a while to become addresses, and saved nodes need not wait for that. */
  addRouters(routers: readonly Address[]): void {
    for (const router of routers) this.#places.add(placeOf(router));
    this.#upkeep.addRouters(routers);
    this.#settle();
  }

  /** A peer has told the port of its node (BEP 5, PORT message): it is pinged, and taken into the table if it answers. */
  addNode(address: Address): void {
    if (address.port > 0 && this.#families.includes(familyOf(address.ip))) this.#asker.check(address);
  }

  /** Finds nodes near a target. */
  findNodes(target: Id20, family: AddressFamily = 4): Lookup {
    return this.#search({ type: 'nodes' }, target, family);
  }

  /** Finds peers of a torrent; counts them too if `scrape` is set (BEP 33). */
  lookup(
    infoHash: Id20,
    options: { readonly family?: AddressFamily; readonly scrape?: boolean; readonly noSeed?: boolean } = {},
  ): Lookup {
    const { family = 4, ...rest } = options;
    return this.#search({ type: 'peers', ...rest }, infoHash, family);
  }

  /** Finds peers and tells the nearest nodes that we are one, at this port. To be repeated every half hour or so. */
  announce(infoHash: Id20, port: number, options: AnnounceOptions & { readonly family?: AddressFamily } = {}): Lookup {
    const { family = 4, ...rest } = options;
    return this.#search({ type: 'announce', port, ...rest }, infoHash, family);
  }

  /** Finds an item (BEP 44). The salt is needed to check a mutable one. */
  get(target: Id20, options: { readonly family?: AddressFamily; readonly salt?: Uint8Array | undefined } = {}): Lookup {
    return this.#search({ type: 'get', salt: options.salt }, target, options.family ?? 4);
  }

  /** Stores an item at the nodes nearest to its target (BEP 44). `cas`: only over the item with this number. To be repeated every hour. */
  put(item: Item, options: { readonly family?: AddressFamily; readonly cas?: bigint | undefined } = {}): Lookup {
    return this.#search({ type: 'put', item, cas: options.cas }, targetOfPut(item), options.family ?? 4);
  }

  /** Ends a lookup. No event of it follows. */
  cancel(lookup: Lookup): void {
    this.#asker.cancel(lookup.id);
    this.#settle();
  }

  /** Asks one node one thing; the number comes back in an `answer` or `failed` event. Our id is added to `body`. */
  query(to: Address, method: string, body: BodyFields = {}): number {
    return this.#asker.single(to, method, body);
  }

  id(family: AddressFamily = 4): Id20 {
    return this.#networks[family].table.id;
  }

  /** Our address, as others see it; undefined before enough of them have said the same. */
  externalIp(family: AddressFamily = 4): string | undefined {
    return this.#networks[family].external.ip;
  }

  /** Nodes in each bucket of the routing table, the farthest first. */
  occupancy(family: AddressFamily = 4): readonly number[] {
    return this.#networks[family].table.occupancy;
  }

  /** What we keep for others. */
  get stored(): { readonly peers: number; readonly torrents: number; readonly items: number } {
    const [v4, v6] = [this.#networks[4].peers, this.#networks[6].peers];
    return { peers: v4.size + v6.size, torrents: v4.torrents + v6.torrents, items: this.#items.size };
  }

  /** Datagrams since the start: questions to us and those left unanswered, questions of ours and what became of them. */
  get traffic(): Traffic {
    return { questions: this.#questions, refused: this.#refused, ...this.#asker.traffic };
  }

  /** Lookups under way, our own upkeep's too. */
  get lookups(): readonly Lookup[] {
    return [...this.#asker.searches.values()].map(({ lookup }) => lookup);
  }

  /** What to give to the next run as `saved`. */
  snapshot(): Uint8Array {
    const now = this.#environment.now();
    const { 4: v4, 6: v6 } = this.#networks;
    const nodes = [...v4.table.nodes(), ...v6.table.nodes()].filter((node) => node.state(now) !== 'bad');
    const contacts = nodes.sort((a, b) => b.heardAt - a.heardAt);
    return encodeSnapshot({ id4: v4.table.id, id6: v6.table.id, contacts });
  }

  #search(goal: Goal, target: Id20, family: AddressFamily): Lookup {
    const search = this.#asker.search(goal, target, this.#networks[family], this.#upkeep.starts(target, family));
    this.#settle();
    return search.lookup;
  }

  /** Undefined, or why there is no answer. */
  #answer(query: KrpcQuery, length: number, from: Address, now: Instant): ProtocolError | undefined {
    if (this.#readOnly) return undefined;
    if (query.transaction.length > limits.transactionBytes) return LONG_TRANSACTION;
    const visitor = this.#visitors.at(from.ip, now);
    this.#questions++;
    if (!this.#visitors.spend(visitor, 1, now) || !this.#answers.spend(now)) {
      this.#refused++;
      return FLOOD;
    }
    this.#outbox.push(encodeKrpc(this.#answerer.answer(query, length, from, visitor, now)), from);
    if (query.readOnly !== true) this.#meet(query.body.id, from, visitor, now);
    this.#upkeep.wake(now);
    return undefined;
  }

  /** Whoever asks may be a node for our table. That is seen when it answers a ping; nobody gets in by asking. */
  #meet(id: Uint8Array | undefined, from: Address, visitor: Visitor, now: Instant): void {
    if (id === undefined) return;
    const { table } = this.#networks[familyOf(from.ip)];
    if (table.heardQuery(id, from, now) || !visitor.mayCheck(now) || !table.wants(id, now)) return;
    if (!mayName(from.ip, from.ip)) return;
    if (this.#asker.check(from, Id20.from(id))) visitor.checked(now);
  }

  /** Lets upkeep hear what the asking has brought to light. */
  #settle(now: Instant = this.#environment.now()): void {
    for (let notice = this.#asker.takeNotice(); notice !== undefined; notice = this.#asker.takeNotice()) {
      this.#events.push(...this.#upkeep.hear(notice, now));
    }
    this.#upkeep.wake(now);
  }

  #takeEvents(now: Instant): readonly DhtEvent[] {
    this.#settle(now);
    const asked = this.#asker.takeEvents();
    if (this.#events.length === 0) return asked;
    const events = [...this.#events, ...asked];
    this.#events = [];
    return events;
  }

  #ignore(from: Address, reason: ProtocolError): readonly DhtEvent[] {
    return [...this.#takeEvents(this.#environment.now()), { type: 'ignored', from, reason }];
  }
}

function placeOf({ ip, port }: Address): string {
  return `${ip} ${port}`;
}
