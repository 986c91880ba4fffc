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

/**
 * Writes the addresses of up to `want` peers, and returns how many there are. `self`: the place of who asks in the first list,
 * who is passed over; -1 if he is in none.
 */
export function pickPeers(
  lists: readonly PeerList[],
  want: number,
  self: number,
  dice: Dice,
  into: Uint16Array,
): number {
  let total = self < 0 ? 0 : -1;
  for (let i = 0; i < lists.length; i++) total += lists[i]!.count;
  const picked = Math.min(total, want);
  if (picked <= 0) return 0;
  const turn = dice.below(total);
  let arc = 0;
  for (let number = 0; number < picked; number++) {
    const next = Math.floor(((number + 1) * total) / picked);
    let place = turn + arc + (next - arc > 1 ? dice.below(next - arc) : 0);
    arc = next;
    if (place >= total) place -= total;
    if (self >= 0 && place >= self) place++;
    let which = 0;
    while (place >= lists[which]!.count) place -= lists[which++]!.count;
    copyPeer(lists[which]!, place, into, number);
  }
  return picked;
}

function copyPeer(list: PeerList, place: number, into: Uint16Array, number: number): void {
  const length = list.size >> 1;
  const { halves } = list;
  const from = (list.at >> 1) + place * length;
  const to = number * length;
  for (let i = 0; i < length; i++) into[to + i] = halves[from + i]!;
}
