/**
 * Which peers are named to whom: a fair choice of some of a list of lists, without copying them. The lists are thought of as
 * one ring, cut at a random place into as many arcs as peers are wanted, and one is taken from each arc: everyone is as
 * likely as everyone else, and nobody comes twice.
 */
import type { PeerList } from './peer-list.ts';

/** A small fast generator (xorshift), which need not be secret: only even. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return Math.floor((state >>> 0) * (limit / 0x1_0000_0000));
  }
}

/** Writes the addresses of up to `want` peers but `self`, and returns how many bytes they take. */
export function pickPeers(
  lists: readonly PeerList[],
  want: number,
  self: Uint8Array,
  dice: Dice,
  into: Uint8Array,
): number {
  let total = 0;
  for (let i = 0; i < lists.length; i++) total += lists[i]!.count;
  const arcs = Math.min(total, want);
  if (arcs === 0) return 0;
  const turn = dice.below(total);
  let written = 0;
  let arc = 0;
  for (let number = 1; number <= arcs; number++) {
    const next = Math.floor((number * total) / arcs);
    let place = turn + arc + (next - arc > 1 ? dice.below(next - arc) : 0);
    if (place >= total) place -= total;
    arc = next;
    let which = 0;
    while (place >= lists[which]!.count) place -= lists[which++]!.count;
    written += copyPeer(lists[which]!, place, self, into, written);
  }
  return written;
}

function copyPeer(list: PeerList, place: number, self: Uint8Array, into: Uint8Array, to: number): number {
  const { bytes, size } = list;
  const at = list.at + place * size;
  let same = self.length === size;
  for (let i = 0; i < size; i++) {
    const byte = bytes[at + i]!;
    into[to + i] = byte;
    same = same && byte === self[i];
  }
  return same ? 0 : size;
}
