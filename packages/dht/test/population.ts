/** A whole DHT in virtual time: nodes with ids of their addresses that have all met. */
import type { Address } from '@ferro/core';
import { Dht, type DhtEvent, type DhtOptions, idForAddress } from '@ferro/dht';
import { MemoryNetwork, publicAddress } from './memory-network.ts';

export interface Inhabitant {
  readonly dht: Dht;
  readonly address: Address;
  readonly events: DhtEvent[];
  readonly flush: () => void;
  readonly vanish: () => void;
}

export class Population {
  readonly network: MemoryNetwork;
  readonly nodes: Inhabitant[] = [];
  #born = 0;

  constructor(seed: number) {
    this.network = new MemoryNetwork(seed);
  }

  /** A node that enters the network by one that is there. */
  join(options: DhtOptions = {}, address: Address = publicAddress(this.#born)): Inhabitant {
    this.#born++;
    const { environment } = this.network;
    const dht = new Dht(environment, { id: idForAddress(address.ip, environment), families: [4], ...options });
    const events: DhtEvent[] = [];
    const { flush, vanish } = this.network.add(dht, address, (happened) => events.push(...happened));
    const friend = this.nodes[Math.floor(this.network.random() * this.nodes.length)];
    if (friend !== undefined) dht.bootstrap([friend.address]);
    flush();
    const inhabitant = { dht, address, events, flush, vanish };
    this.nodes.push(inhabitant);
    return inhabitant;
  }

  /** `settleMs`: what the last ones have to find their places. */
  grow(count: number, options: DhtOptions = {}, settleMs = 30_000): void {
    for (let i = 0; i < count; i++) {
      this.join(options);
      this.network.run(this.network.now + 100);
    }
    this.network.run(this.network.now + settleMs);
  }

  /** A part of the nodes, chosen at random, goes without a word. */
  shrink(share: number): void {
    for (const node of [...this.nodes]) if (this.network.random() < share) this.remove(node);
  }

  remove(node: Inhabitant): void {
    node.vanish();
    this.nodes.splice(this.nodes.indexOf(node), 1);
  }

  random(): Inhabitant {
    return this.nodes[Math.floor(this.network.random() * this.nodes.length)]!;
  }

  /** Runs until the lookup of a node is done, and returns how it ended. */
  finish(node: Inhabitant, lookup: { readonly id: number }): Extract<DhtEvent, { type: 'done' }> {
    node.flush();
    const done = () => node.events.find((event) => event.type === 'done' && event.lookup === lookup.id);
    this.network.run(this.network.now + 120_000, () => done() !== undefined);
    return done() as Extract<DhtEvent, { type: 'done' }>;
  }
}
