/**
 * What one `have` costs a client with 200 peers and 20,000 pieces. The whole path is counted, simulated sockets included: the
 * same bytes to a stream that nobody parses are the part of the simulation.
 *
 *     node --conditions=@ferro/source bench/have.ts [PEERS] [PIECES] [HAVES OF EACH PEER]
 */
import { randomFillSync } from 'node:crypto';
import { encode } from '@ferro/bencode';
import { Client } from '@ferro/client';
import { Id20, type Stream } from '@ferro/core';
import { parseTorrent } from '@ferro/metainfo';
import { Simulation } from '@ferro/sim';
import { PeerConnection } from '@ferro/wire';

const [peers = 200, pieces = 20_000, haves = 2_000] = process.argv.slice(2).map(Number);
const PIECE = 16_384;
const CLIENT = { ip: '10.0.0.1', port: 6881 };

const info = {
  length: pieces * PIECE,
  name: 'file',
  'piece length': PIECE,
  pieces: randomFillSync(new Uint8Array(20 * pieces)),
};
const torrent = parseTorrent(encode({ info }));
const sim = new Simulation({ seed: 1, link: { latency: 5 } });
const host = sim.host(CLIENT.ip);
const client = new Client(host, { listen: [CLIENT], maxPeers: peers + 10, maxPeersPerTorrent: peers + 10 });
client.add(torrent, { path: '/d', resumeFile: false });
// Somebody who throws away what comes.
host.listen({ port: 7000 }, { accept: () => ({ receive() {}, closed() {} }) });

const wires: { readonly wire: PeerConnection; readonly stream: Stream }[] = [];
const drains: Stream[] = [];
for (let i = 0; i < peers; i++) {
  const remote = sim.host(`10.1.${i >> 8}.${(i & 255) + 1}`);
  const peerId = Id20.from(i.toString(16).padStart(40, '0'));
  const wire = new PeerConnection(remote, { infoHash: torrent.infoHashV1!, peerId });
  const stream = remote.connect(CLIENT, {
    opened: (opened) => void opened.write(wire.flush()),
    receive(bytes) {
      for (const event of wire.receive(bytes)) if (event.type === 'handshake') wire.haveNone();
      stream.write(wire.flush());
    },
    closed() {},
  });
  wires.push({ wire, stream });
  drains.push(remote.connect({ ...CLIENT, port: 7000 }, { receive() {}, closed() {} }));
}
settle();

const packets = Array.from({ length: haves / 10 }, (_, round) =>
  wires.map(({ wire }, peer) => {
    for (let i = 0; i < 10; i++) wire.have((peer * 97 + round * 10 + i) % pieces);
    return wire.flush();
  }),
);
const heard = cost(() => send(wires.map(({ stream }) => stream)));
const connected = client.torrents[0]!.peers().length;
const drained = cost(() => send(drains));
const each = (micros: number) => `${(micros / (peers * haves)).toFixed(2)} µs CPU`;
console.log(`${peers} peers, ${pieces} pieces, ${peers * haves} haves in packets of ten`);
console.log(`each have: ${each(heard)}; of it the simulated network: ${each(drained)}`);
if (connected !== peers) throw new Error(`only ${connected} peers are connected`);

function send(streams: readonly Stream[]): void {
  for (const round of packets) {
    round.forEach((chunks, peer) => void streams[peer]!.write(chunks));
    settle();
  }
}

function settle(): void {
  const until = sim.now + 200;
  sim.run(() => sim.now >= until);
}

function cost(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
