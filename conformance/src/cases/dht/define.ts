/** What the bodies of this family's cases are given: a DHT node to ask, others to be, and info-hashes that nobody else uses. */
import { ourAddress } from '../../addresses.ts';
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { DhtNode, type NodeOptions } from '../../probe/dht/node.ts';
import { Dht } from '../../probe/dht/probe.ts';
import { type Start, type Started, start } from './start.ts';

export interface DhtTools {
  readonly dht: Dht;
  /** Twenty bytes that no other case uses. */
  hash(): Uint8Array;
  /** A node of ours, for this target to meet. */
  node(options?: NodeOptions, dht?: Dht): Promise<DhtNode>;
  /** The usual control: somebody new asks for peers, and is answered. */
  alive(dht?: Dht): Promise<unknown>;
  /** A node that has only just been started, where the target can be started; else the one that runs. */
  fresh(with_?: Start): Promise<Started>;
}

export type Tools = Context & DhtTools;

export const defineCase: (declaration: Declaration<Tools>) => Case = caseMaker('dht', toolsOver('dht'));

/** The same over IPv6. */
export const defineCase6: (declaration: Declaration<Tools>) => Case = caseMaker('dht6', toolsOver('dht6'));

/** For rules about what a program does that is to fetch or store a value, or to make an id. */
export const defineErrandCase: (declaration: Declaration<Tools>) => Case = caseMaker('get', toolsOver('dht'));

/** For rules about what a node does when it starts: only asked where it can be started. */
export const defineStartCase: (declaration: Declaration<Tools>) => Case = caseMaker('launch', toolsOver('dht'));

function toolsOver(means: 'dht' | 'dht6'): (context: Context) => DhtTools {
  return (context) => {
    // Nodes of ours are there before the target is started; they have to know only that it will be on loopback.
    const dht = new Dht(context, means, context.target.endpoints[means] ?? { ip: ourAddress(), port: 1 });
    return {
      dht,
      hash: () => context.random.bytes(20),
      node: (options, at = dht) => DhtNode.open(at, context, options),
      alive: async (at = dht) => (await at.asker()).ask('get_peers', { info_hash: context.random.bytes(20) }),
      fresh: (with_) => start(context, dht, with_),
    };
  };
}
