/** The first words with a peer: who it is, what it can do, what it has (BEP 3, peer protocol; BEP 4; BEP 10; BEP 20). */
import { Client } from '@ferro/client';
import { createTorrent, parseTorrent } from '@ferro/metainfo';
import { Simulation } from '@ferro/sim';
import { Bitfield, clientOf, connectPeer, hasReservedBit } from '@ferro/wire';

// A simulated world with one seed in it. On a real network, nodeHost() takes the place of the simulated hosts.
const sim = new Simulation({ seed: 1, link: { latency: 30 } });
const seed = sim.host('203.0.113.2');
seed.disk.write('/data/song.ogg', new Uint8Array(300_000).fill(7));
const files = [{ path: ['song.ogg'], length: 300_000 }];
const source = { name: 'song.ogg', root: '/data', single: true, files };
const torrent = await sim.settle(createTorrent(seed, source, { pieceLength: 32_768 }));
const { infoHashV1: infoHash, pieceCount } = parseTorrent(torrent);
const client = new Client(seed, { listen: [{ port: 6881 }] });
await sim.settle(client.add(torrent, { path: '/data' }).ready);

async function shakeHands(): Promise<void> {
  await using peer = await connectPeer(
    sim.host('203.0.113.1'),
    { ip: '203.0.113.2', port: 6881 },
    { infoHash: infoHash! },
  );
  const { peerId, reserved } = peer.remote;
  console.log(`after ${Math.round(sim.now)} virtual milliseconds: shook hands about ${peer.remote.infoHash.hex}`);
  console.log(`its id says it is ${clientOf(peerId.bytes)}`);
  for (const capability of ['fast', 'extensions'] as const) {
    console.log(`${capability}: ${hasReservedBit(reserved, capability) ? 'yes' : 'no'}`);
  }
  for await (const event of peer) {
    if (event.type === 'extended-handshake') console.log('it adds that it is', event.handshake.client);
    if (event.type === 'have-all') console.log(`it has all ${pieceCount} pieces`);
    if (event.type === 'bitfield')
      console.log(`it has ${Bitfield.from(event.bits, pieceCount).count} of ${pieceCount} pieces`);
    if (event.type === 'have-all' || event.type === 'bitfield') break;
  }
}
await sim.settle(shakeHands());
await sim.settle(client.close());
