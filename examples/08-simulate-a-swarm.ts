/** Twenty peers and one copy of a file, in virtual time: the same swarm each time, with a trace to read. */
import { encode } from '@ferro/bencode';
import { Client } from '@ferro/client';
import { sha1 } from '@ferro/core';
import { Simulation } from '@ferro/sim';

const PIECE = 65_536;
const file = new Uint8Array(3_000_000).map((_, i) => (i * 31) % 253);
const count = Math.ceil(file.length / PIECE);
const pieces = new Uint8Array(20 * count);
for (let i = 0; i < count; i++) pieces.set(sha1(file.subarray(i * PIECE, (i + 1) * PIECE)), 20 * i);
const torrent = encode({ info: { name: 'lecture.bin', length: file.length, 'piece length': PIECE, pieces } });

function swarm(seed: number): { seconds: number; trace: string } {
  const sim = new Simulation({ seed, link: { latency: 25, rate: 1_000_000, loss: 0.01 } });
  const hosts = Array.from({ length: 20 }, (_, i) => sim.host(`10.0.0.${i + 1}`));
  hosts[0]?.disk.write('/data/lecture.bin', file);
  const everybody = hosts.map(({ ip }) => ({ ip, port: 6881 }));
  const torrents = hosts.map((host) =>
    new Client(host, { listen: [{ port: 6881 }] }).add(torrent, { path: '/data', peers: everybody }),
  );
  sim.run(() => torrents.every(({ state }) => state === 'seeding'));
  return { seconds: sim.now / 1000, trace: sim.trace.hash };
}

const first = swarm(7);
console.log(`everybody has it after ${first.seconds.toFixed(1)} simulated seconds`);
console.log('one copy from the seed alone would take', ((19 * file.length) / 1e6).toFixed(0), 'seconds');
console.log('the same seed, the same course of events:', swarm(7).trace === first.trace);
console.log('another seed, another course:', swarm(8).trace !== first.trace);
