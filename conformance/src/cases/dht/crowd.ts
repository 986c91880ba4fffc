/** Many peers of one torrent, or of many, each at an address of its own: nodes count what one address asks, and store. */
import type { Fields } from '../../probe/dht/krpc.ts';
import type { DhtLink } from '../../probe/dht/probe.ts';
import type { Tools } from './define.ts';

const atOnce = 25;
/** Torrents that one address announces: less than what any node takes for a flood. */
const perAddress = 10;

export async function crowd(
  { dht, unsupported }: Tools,
  infoHash: Uint8Array,
  count: number,
  more: Fields = {},
): Promise<readonly DhtLink[]> {
  if (dht.address() === undefined) return unsupported('this machine has one address towards it, and that is no crowd');
  const links: DhtLink[] = [];
  while (links.length < count) {
    const batch = Array.from({ length: Math.min(atOnce, count - links.length) }, async () => {
      const link = await dht.asker();
      await link.announce(infoHash, 4_242, more);
      return link;
    });
    links.push(...(await Promise.all(batch)));
  }
  return links;
}

/** This many torrents, announced one after the other in this order. */
export async function manyTorrents(tools: Tools, at: Tools['dht'], count: number): Promise<readonly Uint8Array[]> {
  if (at.address() === undefined) return tools.unsupported('this machine has one address towards it');
  const hashes: Uint8Array[] = [];
  while (hashes.length < count) {
    const link = await at.asker();
    for (let each = 0; each < perAddress && hashes.length < count; each++) {
      const infoHash = tools.hash();
      await link.announce(infoHash, 4_242);
      hashes.push(infoHash);
    }
  }
  return hashes;
}
