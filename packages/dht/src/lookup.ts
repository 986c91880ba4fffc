/**
 * One iterative search for the nodes nearest to a target (BEP 5, overview): a value that can be looked at, printed and drawn
 * while it runs and afterwards. It may run along several disjoint paths: no node is asked in two of them, so hostile nodes
 * that capture one path do not see the others (S/Kademlia; no BEP). Does not send.
 */
import { type Address, type AddressFamily, formatAddress, type Id20, type Instant } from '@ferro/core';
import type { Contact } from './contact.ts';
import { type Candidate, Frontier, NearCount } from './frontier.ts';
import { limits } from './limits.ts';
import { compareDistance, idAllowedAt, isLocal, networkOf, sharedBits } from './node-id.ts';

export type LookupMethod = 'find_node' | 'get_peers' | 'get';

/** A node to start from: known with its id, or a mere address. */
export interface Start {
  readonly id?: Id20;
  readonly address: Address;
}

/** What a lookup has cost and brought, so far. */
export interface LookupStatistics {
  readonly asked: number;
  readonly answered: number;
  readonly failed: number;
  /** Questions one after the other to the nearest node that answered. */
  readonly hops: number;
  /** Leading bits that the nearest node shares with the target. */
  readonly sharedBits: number;
  readonly durationMs: number;
}

export interface LookupOptions {
  /** Disjoint paths. */
  readonly paths?: number;
  /** Which addresses the rule of one node per network holds for. Default: all but those of local networks. */
  readonly restrict?: 'public' | 'all' | 'none';
}

export class Lookup {
  readonly id: number;
  readonly target: Id20;
  readonly method: LookupMethod;
  readonly family: AddressFamily;
  readonly startedAt: Instant;
  #endedAt: Instant | undefined;
  readonly #paths: Frontier[];
  readonly #places = new Set<string>();
  readonly #restrict: 'public' | 'all' | 'none';
  #turn = 0;
  #asked = 0;
  #answered = 0;
  #failed = 0;

  constructor(
    about: {
      readonly id: number;
      readonly target: Id20;
      readonly method: LookupMethod;
      readonly family: AddressFamily;
    },
    now: Instant,
    options: LookupOptions = {},
  ) {
    this.id = about.id;
    this.target = about.target;
    this.method = about.method;
    this.family = about.family;
    this.startedAt = now;
    this.#paths = Array.from({ length: options.paths ?? limits.paths }, () => new Frontier(about.target.bytes));
    this.#restrict = options.restrict ?? 'public';
  }

  /** The nodes to start with are dealt to the paths in turn. Known places are left out. */
  start(nodes: readonly Start[]): void {
    for (const node of nodes) this.#hear(node, undefined, this.#turn++ % this.#paths.length);
  }

  /** Whom to ask now, if anybody. The caller reports what comes of it. */
  next(): Candidate | undefined {
    if (this.#endedAt !== undefined || this.#asked >= limits.lookupQueries) return undefined;
    for (let i = 0; i < this.#paths.length; i++) {
      const candidate = this.#paths[this.#turn++ % this.#paths.length]!.next();
      if (candidate !== undefined) {
        this.#asked++;
        return candidate;
      }
    }
    return undefined;
  }

  /** A node answered, and named others. */
  answered(candidate: Candidate, id: Id20, nodes: readonly Contact[]): void {
    const path = this.#paths[candidate.path]!;
    path.answered(candidate);
    this.#answered++;
    if (candidate.id === undefined || !candidate.id.equals(id)) {
      candidate.id = id;
      candidate.allowed = idAllowedAt(id.bytes, candidate.address.ip);
      path.identified(candidate);
    }
    for (const node of nodes) this.#hear(node, candidate, candidate.path);
  }

  slow(candidate: Candidate): void {
    this.#paths[candidate.path]!.slow(candidate);
  }

  failed(candidate: Candidate): void {
    this.#paths[candidate.path]!.failed(candidate);
    this.#failed++;
  }

  get finished(): boolean {
    if (this.#endedAt !== undefined) return true;
    if (this.#asked >= limits.lookupQueries) return this.#answered + this.#failed >= this.#asked;
    return this.#paths.every((path) => path.finished);
  }

  /** No more questions; what is in flight is not waited for. */
  end(now: Instant): void {
    this.#endedAt ??= now;
  }

  /** The nearest nodes that answered and have an id of their address, nearest first, of all paths. */
  closest(count: number = limits.bucketSize): (Candidate & Contact)[] {
    return this.#nearest((candidate) => candidate.allowed).slice(0, count);
  }

  /**
   * Where to store: the nearest nodes that gave a token (BEP 33: no token, no store), and the nearest of those that count, as
   * all the nearest may be friends of one hostile node. Of nodes whose id is not of their address those among the nearest
   * are told too, which BEP 42 allows while not everybody follows it.
   */
  writable(): (Candidate & Contact)[] {
    const nearest = this.#nearest((candidate) => candidate.token !== undefined);
    const near = new NearCount();
    const isNear = (candidate: Candidate) => !near.complete && near.count(candidate);
    let [places, strangers] = [0, 0];
    return nearest.filter((candidate) => {
      const counts = isNear(candidate);
      if (!candidate.allowed) return places < limits.bucketSize && strangers++ < limits.bucketSize;
      return places++ < limits.bucketSize || counts;
    });
  }

  statistics(now: Instant): LookupStatistics {
    const nearest = this.closest(1)[0];
    return {
      asked: this.#asked,
      answered: this.#answered,
      failed: this.#failed,
      hops: nearest?.hops ?? 0,
      sharedBits: nearest === undefined ? 0 : sharedBits(nearest.id.bytes, this.target.bytes),
      durationMs: (this.#endedAt ?? now) - this.startedAt,
    };
  }

  toString(): string {
    const { asked, answered, failed, hops, sharedBits: bits } = this.statistics(this.startedAt);
    const state =
      this.#endedAt === undefined ? 'running' : `ended after ${Math.round(this.#endedAt - this.startedAt)} ms`;
    return `${this.method} ${this.target} over IPv${this.family}, ${state}: asked ${asked}, answered ${answered}, failed ${failed}, ${hops} hops to a node that shares ${bits} bits`;
  }

  /** Who named whom, one node a line, deeper lines farther from the start; in the order of distance. */
  draw(): string {
    const children = new Map<Candidate | undefined, Candidate[]>();
    for (const candidate of this.#nearest(() => true, false)) {
      if (candidate.state === 'heard') continue;
      const siblings = children.get(candidate.from) ?? [];
      siblings.push(candidate);
      children.set(candidate.from, siblings);
    }
    const lines = [this.toString()];
    const stack = [...(children.get(undefined) ?? [])].reverse();
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const bits = node.id === undefined ? '?' : sharedBits(node.id.bytes, this.target.bytes);
      lines.push(`${'  '.repeat(node.hops)}${formatAddress(node.address)} ${bits} bits ${node.state}`);
      stack.push(...[...(children.get(node) ?? [])].reverse());
    }
    return lines.join('\n');
  }

  #hear(node: Start, from: Candidate | undefined, path: number): void {
    const { ip } = node.address;
    const restricted = this.#restrict === 'all' || (this.#restrict === 'public' && !isLocal(ip));
    const place = formatAddress(node.address);
    const network = restricted ? networkOf(ip) : place;
    // A mere address to start from is a choice of our own: no rule of networks for it.
    if (this.#places.has(place) || (node.id !== undefined && this.#places.has(network))) return;
    this.#places.add(place).add(network);
    this.#paths[path]!.add({
      address: node.address,
      id: node.id,
      allowed: node.id === undefined || idAllowedAt(node.id.bytes, ip),
      hops: from === undefined ? 1 : from.hops + 1,
      from,
      path,
      state: 'heard',
      introduced: 0,
      token: undefined,
      seq: undefined,
    });
  }

  #nearest(accept: (candidate: Candidate) => boolean, onlyAnswered = true): (Candidate & Contact)[] {
    return this.#paths
      .flatMap((path) => path.candidates)
      .filter((candidate): candidate is Candidate & Contact => candidate.id !== undefined)
      .filter((candidate) => (!onlyAnswered || candidate.state === 'answered') && accept(candidate))
      .sort((a, b) => compareDistance(this.target.bytes, a.id.bytes, b.id.bytes));
  }
}
