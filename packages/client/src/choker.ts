/**
 * Whom to unchoke (BEP 3, choking): the peers that give us most, and one at random so that newcomers get a chance. A seed has
 * nothing to be given, so it serves its peers by turns. Plain data in, a set of keys out.
 */

export interface ChokeCandidate {
  readonly key: number;
  readonly interested: boolean;
  /** Bytes a second: from it while we download, to it while we seed. */
  readonly rate: number;
  /** It sends nothing although we asked (anti-snubbing): only the optimistic slot is left for it. */
  readonly snubbed: boolean;
  readonly choked: boolean;
  /** Bytes sent to it since it was last unchoked. */
  readonly sentInTurn: number;
  /** Rounds since it was last unchoked; for those unchoked, rounds that it has been. */
  readonly rounds: number;
}

export interface ChokeOptions {
  readonly slots: number;
  readonly seeding: boolean;
  /** Time for another optimistic unchoke. */
  readonly rotate: boolean;
  /** In [0, 1), for the choice of the optimistic peer. */
  readonly random: number;
  /** Bytes after which a peer's turn at a seed is over. */
  readonly turn: number;
}

export interface Choice {
  readonly unchoked: ReadonlySet<number>;
  readonly optimistic: number | undefined;
}

export function chooseUnchoked(
  peers: readonly ChokeCandidate[],
  current: number | undefined,
  options: ChokeOptions,
): Choice {
  const interested = peers.filter((peer) => peer.interested);
  const merit = options.seeding
    ? interested.toSorted((a, b) => seedOrder(a, b, options.turn))
    : interested.filter((peer) => !peer.snubbed).toSorted((a, b) => b.rate - a.rate || a.rounds - b.rounds);
  const unchoked = new Set(merit.slice(0, options.slots).map((peer) => peer.key));
  const rest = interested.filter((peer) => !unchoked.has(peer.key));
  let optimistic = rest.find((peer) => peer.key === current)?.key;
  if (optimistic === undefined || options.rotate) {
    optimistic = rest[Math.floor(options.random * rest.length)]?.key;
  }
  if (optimistic !== undefined) unchoked.add(optimistic);
  return { unchoked, optimistic };
}

/** By turns: who is in the middle of a turn keeps it, then who has waited longest. Among equals, the faster. */
function seedOrder(a: ChokeCandidate, b: ChokeCandidate, turn: number): number {
  const standing = (peer: ChokeCandidate) => (!peer.choked && peer.sentInTurn < turn ? 0 : peer.choked ? 1 : 2);
  return standing(a) - standing(b) || (a.choked ? b.rounds - a.rounds : b.rate - a.rate);
}
