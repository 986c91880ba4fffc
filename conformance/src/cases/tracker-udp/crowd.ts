/** Many peers in one swarm, announced over one link without waiting for one before the next. */
import type { Reply } from '../../probe/udp-tracker/packets.ts';
import type { UdpTrackerLink } from '../../probe/udp-tracker/probe.ts';

export async function crowd(link: UdpTrackerLink, infoHash: Uint8Array, count: number): Promise<readonly Reply[]> {
  const batches = Array.from({ length: Math.ceil(count / 25) }, (_, at) => Math.min(25, count - 25 * at));
  const replies: Reply[] = [];
  for (const [batch, size] of batches.entries()) {
    const peers = Array.from({ length: size }, (_, at) => 25 * batch + at);
    const asked = peers.map((number) => {
      const peerId = Buffer.from(`-FC0001-${String(number).padStart(12, '0')}`);
      return link.tryAnnounce(infoHash, { peerId, port: 10_000 + number });
    });
    replies.push(...(await Promise.all(asked)));
  }
  return replies;
}
