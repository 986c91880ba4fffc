/** Many peers in one swarm, announced a few dozen at a time. */
import type { HttpPeer, HttpTracker } from '../../probe/http-tracker/probe.ts';

export async function crowd(
  tracker: HttpTracker,
  hash: Uint8Array,
  count: number,
  atOnce = 25,
): Promise<readonly HttpPeer[]> {
  const peers = Array.from({ length: count }, () => tracker.peer());
  for (let at = 0; at < count; at += atOnce) {
    await Promise.all(
      peers.slice(at, at + atOnce).map((peer, number) => peer.announce(hash, { port: 10_000 + at + number })),
    );
  }
  return peers;
}
