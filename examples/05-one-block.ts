/** One block from a peer, and the proof that it is the right one (BEP 3, request and piece). */
import { Client } from '@ferro/client';
import { equalBytes, sha1 } from '@ferro/core';
import { createTorrent, parseTorrent } from '@ferro/metainfo';
import { Simulation } from '@ferro/sim';
import { connectPeer } from '@ferro/wire';

const BLOCK = 16_384;
const sim = new Simulation({ seed: 1, link: { latency: 30, rate: 1e6 } });
const seed = sim.host('203.0.113.2');
const song = new Uint8Array(300_000).map((_, i) => (i * 13) % 241);
seed.disk.write('/data/song.ogg', song);
const source = { name: 'song.ogg', root: '/data', single: true, files: [{ path: ['song.ogg'], length: song.length }] };
const torrent = await sim.settle(createTorrent(seed, source, { pieceLength: BLOCK }));
const metainfo = parseTorrent(torrent);
const client = new Client(seed, { listen: [{ port: 6881 }] });
await sim.settle(client.add(torrent, { path: '/data' }).ready);

async function readOneBlock(): Promise<void> {
  await using peer = await connectPeer(
    sim.host('203.0.113.1'),
    { ip: '203.0.113.2', port: 6881 },
    { infoHash: metainfo.infoHashV1! },
  );
  // read() says that we are interested, waits until the peer lets us ask, asks, and joins what comes.
  const piece = 5;
  const block = await peer.read({ piece, begin: 0, length: BLOCK });
  console.log(`${block.length} bytes after ${Math.round(sim.now)} virtual milliseconds`);

  // Pieces of this torrent are as small as a block, so the torrent file has the hash of it. Otherwise: read the whole piece first.
  const expected = metainfo.pieces!.subarray(20 * piece, 20 * piece + 20);
  console.log('the hash in the torrent file agrees:', equalBytes(sha1(block), expected));
  block[100] = block[100]! ^ 1;
  console.log('with one bit changed it would be refused:', !equalBytes(sha1(block), expected));
}
await sim.settle(readOneBlock());
await sim.settle(client.close());
