/**
 * Everything that we ask: single questions, lookups with what follows them, and pings that keep the table true (BEP 5). Reads
 * the answers, which is where nodes enter the routing table (none does without having answered) and where we learn our own
 * address (BEP 42).
 */
import {
  type Address,
  type AddressFamily,
  type Environment,
  familyOf,
  Id20,
  type Instant,
  ProtocolError,
} from '@ferro/core';
import { type Contact, decodeContacts, mayName } from './contact.ts';
import type { DhtEvent, Traffic } from './events.ts';
import type { Candidate } from './frontier.ts';
import type { KrpcError, KrpcResponse } from './krpc.ts';
import type { BodyFields } from './krpc-body.ts';
import { encodeKrpc } from './krpc-encode.ts';
import { limits } from './limits.ts';
import { Lookup, type Start } from './lookup.ts';
import type { Network, Networks } from './network.ts';
import type { DhtOptions } from './options.ts';
import type { Outbox } from './outbox.ts';
import { type Goal, methodOf, Search } from './search.ts';
import { Transactions } from './transactions.ts';
import type { Visitors } from './visitors.ts';

/** Why something was asked, and so who gets the answer. */
type Purpose =
  | { readonly type: 'lookup' | 'store'; readonly search: Search; readonly candidate: Candidate }
  /** Whether a node is (still) there. Its id is unknown if it is a mere address. */
  | { readonly type: 'check'; readonly id: Id20 | undefined }
  | { readonly type: 'single'; readonly query: number };

/** What the asking brings to light besides answers; for whoever keeps the tables up. */
export type Notice =
  /** Nodes of the other family, which an answer brought along (BEP 32, bootstrapping). */
  | { readonly type: 'other'; readonly family: AddressFamily; readonly contacts: readonly Contact[] }
  /** The network agrees on our address. */
  | { readonly type: 'address'; readonly network: Network; readonly ip: string }
  | { readonly type: 'searched'; readonly search: Search };

const NOTHING: readonly DhtEvent[] = Object.freeze([]);

export class Asker {
  readonly #environment: Environment;
  readonly #networks: Networks;
  readonly #outbox: Outbox;
  readonly #visitors: Visitors;
  readonly #options: DhtOptions;
  readonly #routers: ReadonlySet<string>;
  readonly #version: Uint8Array;
  readonly #transactions: Transactions<Purpose>;
  readonly #running = new Map<number, Search>();
  readonly #waiting: Search[] = [];
  #events: DhtEvent[] = [];
  #notices: Notice[] = [];
  #checks = 0;
  #number = 0;
  #sentCount = 0;
  #answeredCount = 0;
  #lateCount = 0;
  /** Some search could not ask because too many questions were open. */
  #stalled = false;

  constructor(
    parts: {
      readonly environment: Environment;
      readonly networks: Networks;
      readonly outbox: Outbox;
      readonly visitors: Visitors;
      readonly routers: ReadonlySet<string>;
      readonly version: Uint8Array;
    },
    options: DhtOptions,
  ) {
    this.#environment = parts.environment;
    this.#networks = parts.networks;
    this.#outbox = parts.outbox;
    this.#visitors = parts.visitors;
    this.#routers = parts.routers;
    this.#version = parts.version;
    this.#options = options;
    this.#transactions = new Transactions(parts.environment);
  }

  get deadline(): Instant {
    return this.#events.length > 0 ? Number.NEGATIVE_INFINITY : this.#transactions.deadline;
  }

  get traffic(): Pick<Traffic, 'asked' | 'answered' | 'unanswered'> {
    return { asked: this.#sentCount, answered: this.#answeredCount, unanswered: this.#lateCount };
  }

  /** Searches under way, waiting ones not counted. */
  get searches(): ReadonlyMap<number, Search> {
    return this.#running;
  }

  /** One question to one node. The answer comes as an event with this number. */
  single(to: Address, method: string, body: BodyFields): number {
    const query = ++this.#number;
    if (!this.#send(to, method, body, { type: 'single', query })) {
      const reason = new ProtocolError('dht/busy', 'BEP 5, KRPC protocol', 'too many questions have no answer yet');
      this.#events.push({ type: 'failed', query, from: to, reason });
    }
    return query;
  }

  /** Pings a node, to take it into the table or to see whether it may stay. False: too many are under way. */
  check(address: Address, id?: Id20): boolean {
    if (this.#checks >= limits.checks || !this.#send(address, 'ping', {}, { type: 'check', id })) return false;
    this.#checks++;
    return true;
  }

  search(goal: Goal, target: Id20, network: Network, start: readonly Start[]): Search {
    if (this.#waiting.length >= limits.lookupsWaiting) throw new RangeError('too many lookups are waiting');
    const now = this.#environment.now();
    const about = { id: ++this.#number, target, method: methodOf(goal), family: network.family };
    const search = new Search(new Lookup(about, now, this.#options), goal);
    search.lookup.start(start);
    this.#waiting.push(search);
    this.#startWaiting(now);
    return search;
  }

  /** Nothing more is heard of it. */
  cancel(lookup: number): void {
    const waiting = this.#waiting.findIndex((search) => search.lookup.id === lookup);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    const now = this.#environment.now();
    this.#running.get(lookup)?.lookup.end(now);
    this.#running.delete(lookup);
    this.#startWaiting(now);
  }

  /** Gives a running search further nodes to start from. */
  extend(search: Search, start: readonly Start[]): void {
    search.lookup.start(start);
    this.#pump(search, this.#environment.now());
  }

  takeEvents(): readonly DhtEvent[] {
    if (this.#events.length === 0) return NOTHING;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  takeNotice(): Notice | undefined {
    return this.#notices.shift();
  }

  receive(message: KrpcResponse | KrpcError, from: Address, now: Instant): void {
    const transaction = this.#transactions.close(message.transaction, from);
    if (transaction === undefined) {
      const reason = new ProtocolError('dht/unasked', 'BEP 5, KRPC protocol', 'nothing that was asked of this address');
      this.#events.push({ type: 'ignored', from, reason });
      return;
    }
    const { purpose } = transaction;
    this.#answeredCount++;
    if (purpose.type === 'check') this.#checks--;
    if (message.type === 'error') this.#refused(purpose, message, from, now);
    else if (message.body.id === undefined) {
      const reason = new ProtocolError('dht/no-id', 'BEP 5, DHT queries', 'the answer has no id of 20 bytes');
      this.#failed(purpose, from, now, reason);
    } else {
      const id = Id20.from(message.body.id);
      this.#alive(purpose, message, id, from, now);
      this.#answered(purpose, message.body, id, from, now - transaction.sentAt, now);
    }
    this.#resume(now);
  }

  tick(now: Instant): void {
    for (let late = this.#transactions.takeLate(now); late !== undefined; late = this.#transactions.takeLate(now)) {
      const { purpose, to } = late;
      if (late.state === 'over') {
        this.#lateCount++;
        if (purpose.type === 'check') this.#checks--;
        this.#failed(purpose, to, now, 'timeout');
      } else if (purpose.type === 'lookup') {
        purpose.search.lookup.slow(purpose.candidate);
        this.#pump(purpose.search, now);
      }
    }
    this.#resume(now);
  }

  /** A node that answers is a good node, and its word on our address counts. */
  #alive(purpose: Purpose, message: KrpcResponse, id: Id20, from: Address, now: Instant): void {
    const network = this.#networks[familyOf(from.ip)];
    this.#visitors.at(from.ip, now).provedUntil = now + limits.provedMs;
    if (!this.#routers.has(`${from.ip} ${from.port}`)) {
      const witness = purpose.type === 'lookup' ? purpose.candidate.from : undefined;
      const mayEnter =
        witness === undefined ||
        witness.introduced < limits.countedPerWitness ||
        network.table.size < limits.bucketSize;
      const admission = network.table.heardAnswer({ id, address: from }, now, mayEnter);
      if (witness !== undefined && admission === 'added') witness.introduced++;
      this.#checkNext(network, id, now);
    }
    if (message.address === undefined) return;
    const ip = network.external.vote(from.ip, message.address);
    if (ip !== undefined) this.#notices.push({ type: 'address', network, ip });
  }

  /** While somebody waits for a place in this bucket, its questionable nodes are asked, one after the other. */
  #checkNext(network: Network, id: Id20, now: Instant): void {
    const node = network.table.takeCheck(id.bytes, now);
    if (node !== undefined && !this.check(node.address, node.id)) node.checking = false;
  }

  #answered(purpose: Purpose, body: BodyFields, id: Id20, from: Address, roundTripMs: number, now: Instant): void {
    if (purpose.type === 'single') {
      this.#events.push({ type: 'answer', query: purpose.query, from, id, body, roundTripMs });
    } else if (purpose.type === 'check') {
      // Another node lives there now; the one we asked about is gone.
      if (purpose.id !== undefined && !purpose.id.equals(id)) this.#gone(purpose.id, from, now);
    } else if (purpose.type === 'store') {
      purpose.search.storeAnswered();
      this.#pump(purpose.search, now);
    } else this.#heardNodes(purpose.search, purpose.candidate, body, id, from, now);
  }

  #heardNodes(search: Search, candidate: Candidate, body: BodyFields, id: Id20, from: Address, now: Instant): void {
    const family = familyOf(from.ip);
    if (candidate.id !== undefined && !candidate.id.equals(id)) this.#gone(candidate.id, from, now);
    if (this.#running.get(search.lookup.id) !== search) return;
    const named = (bytes: Uint8Array | undefined, of: 4 | 6) =>
      decodeContacts(bytes ?? new Uint8Array(0), of, limits.nodesInAnswer).filter(({ address }) =>
        mayName(from.ip, address.ip),
      );
    const own = this.#networks[family].table.id;
    const nodes = named(family === 4 ? body.nodes : body.nodes6, family).filter((contact) => !contact.id.equals(own));
    try {
      this.#events.push(...search.answered(candidate, body));
      search.lookup.answered(candidate, id, nodes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#events.push({ type: 'ignored', from, reason: error });
      search.lookup.failed(candidate);
    }
    const contacts = named(family === 4 ? body.nodes6 : body.nodes, family === 4 ? 6 : 4);
    if (contacts.length > 0) this.#notices.push({ type: 'other', family: family === 4 ? 6 : 4, contacts });
    this.#pump(search, now);
  }

  #refused(purpose: Purpose, { code, message }: KrpcError, from: Address, now: Instant): void {
    if (purpose.type === 'store') {
      purpose.search.storeFailed({ code, message });
      this.#pump(purpose.search, now);
    } else this.#failed(purpose, from, now, new ProtocolError('dht/refused', 'BEP 5, errors', `${code} ${message}`));
  }

  #failed(purpose: Purpose, to: Address, now: Instant, reason: 'timeout' | ProtocolError): void {
    if (purpose.type === 'single') this.#events.push({ type: 'failed', query: purpose.query, from: to, reason });
    else if (purpose.type === 'check') this.#gone(purpose.id, to, now);
    else {
      if (purpose.type === 'store') purpose.search.storeFailed();
      else purpose.search.lookup.failed(purpose.candidate);
      this.#gone(purpose.candidate.id, to, now);
      this.#pump(purpose.search, now);
    }
  }

  #gone(id: Id20 | undefined, address: Address, now: Instant): void {
    if (id === undefined) return;
    const network = this.#networks[familyOf(address.ip)];
    network.table.heardNothing(id.bytes, address, now);
    this.#checkNext(network, id, now);
  }

  /** Asks what a search wants asked, and ends it when it has all. */
  #pump(search: Search, now: Instant): void {
    if (this.#running.get(search.lookup.id) !== search) return;
    const { lookup } = search;
    if (!search.storeStarted && !search.satisfied) {
      while (!this.#isFull()) {
        const candidate = lookup.next();
        if (candidate === undefined) break;
        this.#send(candidate.address, lookup.method, search.question(), { type: 'lookup', search, candidate });
      }
      if (!lookup.finished) return;
    }
    if (!search.storeStarted) {
      lookup.end(now);
      search.storeStarted = true;
      for (const { method, to, body } of search.stores()) {
        if (this.#send(to.address, method, body, { type: 'store', search, candidate: to })) search.storing++;
      }
    }
    if (search.storing > 0) return;
    this.#running.delete(lookup.id);
    if (search.goal.type !== 'nodes' || search.goal.quiet !== true) this.#events.push(search.done(now));
    this.#notices.push({ type: 'searched', search });
    this.#startWaiting(now);
  }

  #isFull(): boolean {
    this.#stalled ||= this.#transactions.full;
    return this.#transactions.full;
  }

  #resume(now: Instant): void {
    if (!this.#stalled || this.#transactions.full) return;
    this.#stalled = false;
    for (const search of [...this.#running.values()]) this.#pump(search, now);
  }

  #startWaiting(now: Instant): void {
    while (this.#running.size < limits.lookups) {
      const search = this.#waiting.shift();
      if (search === undefined) return;
      this.#running.set(search.lookup.id, search);
      this.#pump(search, now);
    }
  }

  #send(to: Address, method: string, body: BodyFields, purpose: Purpose): boolean {
    if (this.#transactions.full) return false;
    const { id } = this.#networks[familyOf(to.ip)].table;
    this.#sentCount++;
    const transaction = this.#transactions.open(to, purpose, this.#environment.now());
    const readOnly = this.#options.readOnly === true;
    const query = { type: 'query', transaction, method, readOnly, version: this.#version } as const;
    this.#outbox.push(encodeKrpc({ ...query, body: { ...body, id: id.bytes } }), to);
    return true;
  }
}
