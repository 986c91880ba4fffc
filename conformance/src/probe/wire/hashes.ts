/** The messages that ask for hashes, give them and refuse them (BEP 52, peer messages), and what the hashes prove. Judges nothing. */
import { hashLength, type Layers, pair } from '../files/merkle.ts';
import { type Message, message, numberAt } from './messages.ts';

/** What all three messages begin with. */
export interface HashRange {
  /** Of the file's tree. */
  readonly root: Uint8Array;
  /** Layers above the leaves. */
  readonly base: number;
  readonly index: number;
  readonly length: number;
  readonly proofs: number;
}

export const rangeLength = 48;

export function rangeMessage(id: number, range: HashRange, ...hashes: readonly Uint8Array[]): Uint8Array {
  return message(id, range.root, range.base, range.index, range.length, range.proofs, ...hashes);
}

/** Undefined where the message is too short for one. */
export function rangeIn({ payload }: Message): HashRange | undefined {
  if (payload.length < rangeLength) return undefined;
  const [base, index, length, proofs] = [32, 36, 40, 44].map((at) => numberAt(payload, at));
  return { root: payload.subarray(0, 32), base: base!, index: index!, length: length!, proofs: proofs! };
}

export function isSameRange(one: HashRange, other: HashRange): boolean {
  return Buffer.compare(rangeMessage(0, one), rangeMessage(0, other)) === 0;
}

/** Those of a `hashes` message; what is left over at the end is a short one. */
export function hashesIn({ payload }: Message): readonly Uint8Array[] {
  const bytes = payload.subarray(rangeLength);
  return Array.from({ length: Math.ceil(bytes.length / hashLength) }, (_, at) =>
    bytes.subarray(at * hashLength, (at + 1) * hashLength),
  );
}

/** The first layer of which an uncle is needed: those below can be made of the hashes themselves. */
function firstUncleLayer({ base, length }: HashRange): number {
  return base + Math.log2(length);
}

/** How many hashes prove the others. */
export function uncleCount(range: HashRange): number {
  return Math.max(0, range.base + range.proofs + 1 - firstUncleLayer(range));
}

/** What a right answer carries: the hashes of the base layer, and an uncle a layer, upwards. */
export function hashesFor(layers: Layers, range: HashRange): readonly Uint8Array[] {
  const { base, index, length } = range;
  const from = firstUncleLayer(range);
  const uncles = Array.from({ length: uncleCount(range) }, (_, at) => {
    return layers[from + at]![Math.floor(index / length / 2 ** at) ^ 1]!;
  });
  return [...layers[base]!.slice(index, index + length), ...uncles];
}

/** The node that the hashes lead to, by way of their uncles: the root, where they go so far and are right. */
export function reached({ index, length }: HashRange, hashes: readonly Uint8Array[]): Uint8Array {
  let nodes = hashes.slice(0, length);
  while (nodes.length > 1) {
    const below = nodes;
    nodes = Array.from({ length: below.length / 2 }, (_, at) => pair(below[2 * at]!, below[2 * at + 1]!));
  }
  let node = nodes[0]!;
  for (const [at, uncle] of hashes.slice(length).entries()) {
    const isRight = Math.floor(index / length / 2 ** at) % 2 === 1;
    node = isRight ? pair(uncle, node) : pair(node, uncle);
  }
  return node;
}
