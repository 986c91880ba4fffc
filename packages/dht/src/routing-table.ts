/**
 * The nodes that we know, of one address family (BEP 5, routing table; BEP 32, two tables). Only nodes that answered a
 * question of ours are in it. Bucket i holds nodes that share i leading bits with our id; the last one holds all nearer
 * ones and is the only one that splits. One node per address, and one per network in a bucket, so that nobody with a few
 * addresses can fill it (BEP 42 explains why); nodes with an id of their address go before others.
 *
 * Does not send: it says which node should be pinged, and hears what came of it.
 */
import type { Address, AddressFamily, Environment, Id20, Instant } from '@ferro/core';
import { type Contact, encodeContact } from './contact.ts';
import { limits } from './limits.ts';
import { compareDistance, idAllowedAt, isLocal, networkOf, randomIdAt, sharedBits } from './node-id.ts';

export class TableNode implements Contact {
  readonly id: Id20;
  readonly address: Address;
  readonly compact: Uint8Array;
  /** Undefined: the address is exempt from the rule of one node per network. */
  readonly network: string | undefined;
  readonly allowed: boolean;
  heardAt: Instant;
  failures = 0;
  /** Somebody is finding out whether it still answers. */
  checking = false;

  constructor(contact: Contact, now: Instant, restricted: boolean) {
    this.id = contact.id;
    this.address = contact.address;
    this.compact = encodeContact(contact);
    this.network = restricted ? networkOf(contact.address.ip) : undefined;
    this.allowed = idAllowedAt(contact.id.bytes, contact.address.ip);
    this.heardAt = now;
  }

  state(now: Instant): 'good' | 'questionable' | 'bad' {
    if (this.failures >= limits.failuresToBad) return 'bad';
    return this.failures === 0 && now - this.heardAt < limits.questionableMs ? 'good' : 'questionable';
  }
}

class Bucket {
  nodes: TableNode[] = [];
  /** Have answered too, but there was no place. The newest is last. */
  waiting: TableNode[] = [];
  changed: Instant;
  /** All nodes in compact form, while they are K and good: the answer to most questions. */
  compact: Uint8Array | undefined;
  compactUntil: Instant = 0;

  constructor(now: Instant) {
    this.changed = now;
  }

  touch(now: Instant): void {
    this.changed = now;
    this.compact = undefined;
  }
}

/** `added`: it is in. `waiting`: it may get the place of a node that fails. `refused`: a rule keeps it out. */
export type Admission = 'added' | 'known' | 'waiting' | 'refused';

export interface RoutingTableOptions {
  /** Which addresses the rule of one node per network holds for. Default: all but those of local networks. */
  readonly restrict?: 'public' | 'all' | 'none';
}

export class RoutingTable {
  readonly family: AddressFamily;
  #id: Id20;
  #buckets: Bucket[];
  readonly #byPlace = new Map<string, TableNode>();
  readonly #restrict: 'public' | 'all' | 'none';

  constructor(id: Id20, family: AddressFamily, now: Instant, options: RoutingTableOptions = {}) {
    this.#id = id;
    this.family = family;
    this.#buckets = [new Bucket(now)];
    this.#restrict = options.restrict ?? 'public';
  }

  get id(): Id20 {
    return this.#id;
  }

  get size(): number {
    return this.#byPlace.size;
  }

  /** How many nodes each bucket holds, the farthest first. */
  get occupancy(): readonly number[] {
    return this.#buckets.map((bucket) => bucket.nodes.length);
  }

  *nodes(): Iterable<TableNode> {
    for (const bucket of this.#buckets) yield* bucket.nodes;
  }

  find(id: Uint8Array): TableNode | undefined {
    const { nodes } = this.#bucketOf(id);
    for (let i = 0; i < nodes.length; i++) if (compareDistance(id, id, nodes[i]!.id.bytes) === 0) return nodes[i];
    return undefined;
  }

  /** A node has answered a question of ours. `mayEnter`: it gets a place if it has none yet. */
  heardAnswer(contact: Contact, now: Instant, mayEnter = true): Admission {
    if (contact.id.equals(this.#id)) return 'refused';
    const restricted = this.#restricted(contact.address.ip);
    const rival = this.#byPlace.get(placeOf(contact.address, restricted)) ?? this.find(contact.id.bytes);
    if (rival !== undefined) {
      const samePlace = rival.address.port === contact.address.port && rival.address.ip === contact.address.ip;
      if (samePlace && rival.id.equals(contact.id)) {
        this.#alive(rival, now);
        return 'known';
      }
      // Another id at the same place: the node has changed, or shows a different one to everybody (BEP 45). Another place: an
      // address with many nodes, or a stolen id.
      if (!samePlace && rival.state(now) === 'good') return 'refused';
      this.#remove(rival, now);
    }
    return mayEnter ? this.#admit(new TableNode(contact, now, restricted), now) : 'refused';
  }

  /** A node has asked us something: known ones are still alive. Returns whether it is known. */
  heardQuery(id: Uint8Array, address: Address, now: Instant): boolean {
    const node = this.find(id);
    if (node === undefined || node.address.port !== address.port || node.address.ip !== address.ip) return false;
    node.heardAt = now;
    return true;
  }

  /** Whether a node that asked us would get a place if it answers a ping. */
  wants(id: Uint8Array, now: Instant): boolean {
    const bucket = this.#bucketOf(id);
    const { nodes } = bucket;
    if (nodes.length < limits.bucketSize || bucket === this.#buckets.at(-1)) return true;
    for (let i = 0; i < nodes.length; i++) if (nodes[i]!.state(now) !== 'good') return true;
    return false;
  }

  /** A node did not answer. Twice in a row, and who waits gets its place. */
  heardNothing(id: Uint8Array, address: Address, now: Instant): void {
    const node = this.find(id);
    if (node === undefined || node.address.port !== address.port || node.address.ip !== address.ip) return;
    node.failures++;
    node.checking = false;
    const bucket = this.#bucketOf(id);
    bucket.compact = undefined;
    if (node.state(now) !== 'bad') return;
    const successor = bucket.waiting.pop();
    if (successor === undefined && node.failures < limits.failuresToDrop) return;
    this.#remove(node, now);
    if (successor !== undefined) this.#admit(successor, now);
  }

  /** The questionable node that stands longest in somebody's way, to be pinged; it counts as being checked from now on. */
  takeCheck(id: Uint8Array, now: Instant): TableNode | undefined {
    const bucket = this.#bucketOf(id);
    return bucket.waiting.length === 0 ? undefined : takeQuietest(bucket.nodes, now, 0);
  }

  /** The node not heard for longest, if that is long enough to ask; it counts as being checked from now on. */
  takeQuiet(now: Instant): TableNode | undefined {
    return takeQuietest([...this.nodes()], now, limits.freshMs);
  }

  /** The nodes nearest to `target`, the nearest first; those known to be bad only if there are no others. */
  closest(target: Uint8Array, count: number, now: Instant): TableNode[] {
    const found = this.#gather(target, count, (node) => node.state(now) !== 'bad');
    return found.length > 0 ? found : this.#gather(target, count, () => true);
  }

  /** The K good nodes nearest to `target` as an answer carries them. */
  closestCompact(target: Uint8Array, now: Instant): Uint8Array {
    const bucket = this.#bucketOf(target);
    if (bucket.compact !== undefined && now < bucket.compactUntil) return bucket.compact;
    const found = this.#gather(target, limits.bucketSize, (node) => node.state(now) === 'good');
    const bytes = new Uint8Array(found.length * (this.family === 4 ? 26 : 38));
    let at = 0;
    for (const { compact } of found) {
      bytes.set(compact, at);
      at += compact.length;
    }
    if (found.length === limits.bucketSize && found.every((node) => bucket.nodes.includes(node))) {
      bucket.compact = bytes;
      bucket.compactUntil = Math.min(...found.map((node) => node.heardAt)) + limits.questionableMs;
    }
    return bytes;
  }

  /** A random id in a bucket that nothing has changed in for a quarter of an hour; it counts as refreshed from now on. */
  takeStale(now: Instant, environment: Environment): Id20 | undefined {
    const index = this.#buckets.findIndex((bucket) => now - bucket.changed >= limits.questionableMs);
    if (index < 0 || this.size === 0) return undefined;
    this.#buckets[index]!.changed = now;
    return randomIdAt(this.#id.bytes, index, environment);
  }

  /** A random id in each bucket that has room: what to look up after entering the network. */
  idsToFill(environment: Environment): Id20[] {
    return this.#buckets.flatMap((bucket, index) =>
      bucket.nodes.length < limits.bucketSize ? [randomIdAt(this.#id.bytes, index, environment)] : [],
    );
  }

  /** Takes another id of our own: every node finds its new bucket. */
  move(id: Id20, now: Instant): void {
    const nodes = [...this.nodes(), ...this.#buckets.flatMap((bucket) => bucket.waiting)];
    this.#id = id;
    this.#buckets = [new Bucket(now)];
    this.#byPlace.clear();
    for (const node of nodes) if (!node.id.equals(id)) this.#admit(node, now);
  }

  #restricted(ip: string): boolean {
    return this.#restrict === 'all' || (this.#restrict === 'public' && !isLocal(ip));
  }

  #bucketOf(id: Uint8Array): Bucket {
    return this.#buckets[Math.min(sharedBits(id, this.#id.bytes), this.#buckets.length - 1)]!;
  }

  #alive(node: TableNode, now: Instant): void {
    const bucket = this.#bucketOf(node.id.bytes);
    node.heardAt = now;
    node.checking = false;
    bucket.changed = now;
    node.failures = 0;
  }

  #admit(node: TableNode, now: Instant): Admission {
    const bucket = this.#bucketOf(node.id.bytes);
    if (node.network !== undefined && bucket.nodes.some((other) => other.network === node.network)) return 'refused';
    if (bucket.nodes.length >= limits.bucketSize) {
      const bad = bucket.nodes.find((other) => other.state(now) === 'bad');
      if (bad === undefined && bucket === this.#buckets.at(-1) && this.#buckets.length < 160) {
        this.#split(bucket, now);
        return this.#admit(node, now);
      }
      const loser = bad ?? (node.allowed ? bucket.nodes.find((other) => !other.allowed) : undefined);
      if (loser === undefined) {
        wait(bucket, node);
        return 'waiting';
      }
      this.#remove(loser, now);
    }
    bucket.nodes.push(node);
    bucket.touch(now);
    this.#byPlace.set(placeOf(node.address, node.network !== undefined), node);
    return 'added';
  }

  #split(bucket: Bucket, now: Instant): void {
    const depth = this.#buckets.length;
    const nearer = new Bucket(now);
    const belongs = (node: TableNode) => sharedBits(node.id.bytes, this.#id.bytes) >= depth;
    nearer.nodes = bucket.nodes.filter(belongs);
    nearer.waiting = bucket.waiting.filter(belongs);
    bucket.nodes = bucket.nodes.filter((node) => !belongs(node));
    bucket.waiting = bucket.waiting.filter((node) => !belongs(node));
    bucket.touch(now);
    this.#buckets.push(nearer);
  }

  #remove(node: TableNode, now: Instant): void {
    const bucket = this.#bucketOf(node.id.bytes);
    bucket.nodes = bucket.nodes.filter((other) => other !== node);
    bucket.touch(now);
    this.#byPlace.delete(placeOf(node.address, node.network !== undefined));
  }

  /**
   * Nodes in the target's own bucket share most with it, then come all nearer to us (they differ from it in one and the same
   * bit), then the farther buckets one by one. So only a few nodes are ever sorted.
   */
  #gather(target: Uint8Array, count: number, accept: (node: TableNode) => boolean): TableNode[] {
    const found: TableNode[] = [];
    const take = (nodes: readonly TableNode[]) => {
      const fitting = nodes.filter(accept).sort((a, b) => compareDistance(target, a.id.bytes, b.id.bytes));
      for (let i = 0; i < fitting.length && found.length < count; i++) found.push(fitting[i]!);
    };
    const index = this.#buckets.indexOf(this.#bucketOf(target));
    take(this.#buckets[index]!.nodes);
    if (found.length < count) take(this.#buckets.slice(index + 1).flatMap((bucket) => bucket.nodes));
    for (let farther = index - 1; farther >= 0 && found.length < count; farther--) take(this.#buckets[farther]!.nodes);
    return found;
  }
}

/** One node per address where the rule of networks holds, else one per address and port. */
function placeOf(address: Address, restricted: boolean): string {
  return restricted ? address.ip : `${address.ip} ${address.port}`;
}

function wait(bucket: Bucket, node: TableNode): void {
  bucket.waiting = bucket.waiting.filter((other) => !other.id.equals(node.id));
  bucket.waiting.push(node);
  if (bucket.waiting.length > limits.replacements) bucket.waiting.shift();
}

function takeQuietest(nodes: readonly TableNode[], now: Instant, quietMs: number): TableNode | undefined {
  let quietest: TableNode | undefined;
  for (const node of nodes) {
    const due =
      !node.checking &&
      (quietMs === 0 ? node.state(now) !== 'good' : now - node.heardAt >= quietMs || node.failures > 0);
    if (due && (quietest === undefined || node.heardAt < quietest.heardAt)) quietest = node;
  }
  if (quietest !== undefined) quietest.checking = true;
  return quietest;
}
