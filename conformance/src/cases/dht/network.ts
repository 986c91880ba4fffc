/** A small network of ours around the target, and what it tells of it. */

import { Finding } from '../../finding.ts';
import { nodesIn } from '../../probe/dht/answer.ts';
import type { Contact } from '../../probe/dht/contacts.ts';
import { compareDistance, idNear } from '../../probe/dht/ids.ts';
import { asBytes, hex } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import type { Dht, DhtLink } from '../../probe/dht/probe.ts';
import type { Tools } from './define.ts';

/** As many as an answer names. */
export const k = 8;

export interface Network {
  readonly dht: Dht;
  /** The id of the target. */
  readonly own: Uint8Array;
  /** Those that the target has asked, and that have answered: the ones it can know to be good. */
  readonly nodes: readonly DhtNode[];
  readonly asker: DhtLink;
}

/** How many leading bits the ids of the nodes share with the target's, a list a layer: each knows its own and the next. */
export type Layers = readonly (readonly number[])[];

/**
 * A target that knows these nodes. Where it can be started, it finds them when it enters the network; else they ask the one that
 * runs, which has to see for itself that they are good.
 */
export async function network(tools: Tools, layers: Layers): Promise<Network> {
  const members: DhtNode[][] = [];
  const known = (layer: number) => members.slice(0, layer + 2).flat();
  const closest = (layer: number) => (target: Uint8Array) => byDistance(target, known(layer)).slice(0, k);
  for (const [layer, depths] of layers.entries()) {
    const opened = depths.map(() => tools.node({ names: (target) => closest(layer)(target).map(contactOf) }));
    members.push(await Promise.all(opened));
  }
  const all = members.flat();
  let own: Uint8Array | undefined;
  const name = (id: Uint8Array) => {
    if (own !== undefined) return;
    own = id;
    for (const [at, depth] of layers.flat().entries()) all[at]!.id = idNear(id, depth, tools.random);
  };
  const entry: DhtNode = await tools.node({
    names: (target) => {
      name(asBytes(entry.asked[0]!.body.get('id')) ?? target);
      return closest(-1)(target).map(contactOf);
    },
  });
  const { dht, isFresh } = await tools.fresh({ bootstrap: entry.link.at });
  if (!isFresh) {
    name(await idOfTarget(dht));
    for (const each of all) each.greet(dht);
  }
  await Promise.all(all.map((each) => each.queried('a question to a node of the network').catch(ignoreSilence)));
  await tools.alive(dht);
  const nodes = all.filter((each) => each.asked.length > 0);
  return { dht, own: own ?? (await idOfTarget(dht)), nodes, asker: await dht.asker() };
}

const placed = new WeakSet<DhtNode>();

/** Gives a node an id that shares so many leading bits with another one, once: the same node may be asked for again. */
export function place(node: DhtNode, id: Uint8Array, bits: number, { random }: Pick<Tools, 'random'>): void {
  if (!placed.has(node)) node.id = idNear(id, bits, random);
  placed.add(node);
}

/** What the target names for another target, nearest or not. */
export async function named(asker: DhtLink, target: Uint8Array): Promise<readonly Contact[]> {
  return nodesIn(await asker.ask('find_node', { target }));
}

export async function isNamed(asker: DhtLink, id: Uint8Array): Promise<boolean> {
  return (await named(asker, id)).some((each) => hex(each.id) === hex(id));
}

/** Whether the target comes to name this node within a few seconds of its own time. */
export async function becomesNamed({ elapse }: Tools, asker: DhtLink, id: Uint8Array): Promise<boolean> {
  for (let second = 0; second < 5; second++) {
    if (await isNamed(asker, id)) return true;
    await elapse(1_000);
  }
  return isNamed(asker, id);
}

/** An id that gets a bucket of its own at whatever target: near, but not as near as others. */
export async function idBeside(dht: Dht, { random }: Pick<Tools, 'random'>): Promise<Uint8Array> {
  return idNear(await idOfTarget(dht), depthOf(random.below(100)), random);
}

/** Deep enough that no stranger is there, and different from case to case. */
export function depthOf(number: number): number {
  return 24 + number;
}

export async function idOfTarget(dht: Dht): Promise<Uint8Array> {
  const id = asBytes((await (await dht.asker()).ask('ping')).body.get('id'));
  if (id?.length === 20) return id;
  throw new Finding('id in the answer to a ping', 'twenty bytes', id === undefined ? 'nothing' : hex(id));
}

function contactOf(node: DhtNode): Contact {
  return node.contact;
}

function byDistance(target: Uint8Array, nodes: readonly DhtNode[]): readonly DhtNode[] {
  return nodes.toSorted((a, b) => compareDistance(target, a.id, b.id));
}

function ignoreSilence(error: unknown): void {
  if (!(error instanceof Finding)) throw error;
}
