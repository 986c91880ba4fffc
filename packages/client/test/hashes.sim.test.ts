/** Torrents of version 2 that came without the hashes of their pieces (BEP 52, piece layers, hash requests). */
import { driveStream, Id20, type Stream } from '@ferro/core';
import { createTorrent, formatMagnet, MerkleTree, parseTorrent } from '@ferro/metainfo';
import type { SimulatedHost, Simulation } from '@ferro/sim';
import { connectPeer, type HashMessage, PeerConnection } from '@ferro/wire';
import { expect, test } from 'vitest';
import { Client, type Torrent } from '../src/index.ts';
import { content } from './torrents.ts';
import { world } from './world.ts';

const HOUR = 3_600_000;
const PORT = 6881;
const PIECE = 16_384;
/** More than 512 pieces, some beyond a power of two, one file of a piece, an empty one. */
const FILES = new Map([
  ['large', content(600 * PIECE + 5, 1)],
  ['middle', content(3 * PIECE, 2)],
  ['small', content(100, 3)],
  ['none', new Uint8Array(0)],
]);

async function seedIn(sim: Simulation, host: SimulatedHost, pieceLength = PIECE): Promise<Uint8Array> {
  for (const [name, bytes] of FILES) host.disk.write(`/d/folder/${name}`, bytes);
  const files = [...FILES].map(([name, { length }]) => ({ path: [name], length }));
  const source = { name: 'folder', root: '/d/folder', files };
  return sim.settle(createTorrent(host, source, { version: 'v2', pieceLength }));
}

function holds(host: SimulatedHost): boolean {
  return [...FILES].every(([name, bytes]) => {
    const found = host.disk.read(`/d/folder/${name}`);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  });
}

async function swarm(pieceLength = PIECE) {
  const sim = world({ seed: 1, link: { latency: 10, rate: 20e6 } });
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip)) as [
    SimulatedHost,
    SimulatedHost,
    SimulatedHost,
  ];
  const bytes = await seedIn(sim, a, pieceLength);
  // Little memory, so that it is used again soon.
  const seed = new Client(a, { listen: [{ port: PORT }], memory: 8 * pieceLength }).add(bytes, { path: '/d' });
  sim.run(() => seed.state === 'seeding');
  return { sim, b, c, bytes, metainfo: parseTorrent(bytes) };
}

function finish(sim: Simulation, torrent: Torrent): void {
  sim.run(() => torrent.state === 'seeding' || sim.now > HOUR);
  expect(torrent.state).toBe('seeding');
}

test('BEP 52: a magnet link of version 2 brings files of many pieces, and who learnt the hashes tells them', async () => {
  const { sim, b, c, metainfo } = await swarm();
  const magnet = formatMagnet({ infoHashV2: metainfo.infoHashV2! });
  finish(
    sim,
    new Client(b, { listen: [{ port: PORT }] }).add(magnet, { path: '/d', peers: [{ ip: '10.0.0.1', port: PORT }] }),
  );
  expect(holds(b)).toBe(true);
  finish(sim, new Client(c).add(magnet, { path: '/d', peers: [{ ip: '10.0.0.2', port: PORT }] }));
  expect(holds(c)).toBe(true);
});

test('BEP 52: a torrent file without piece layers asks peers for them, after a pause too', async () => {
  const { sim, b, metainfo } = await swarm();
  const torrent = new Client(b).add({ ...metainfo, pieceLayers: new Map() }, { path: '/d' });
  expect(torrent.state).toBe('metadata');
  torrent.pause();
  torrent.resume();
  torrent.addPeer({ ip: '10.0.0.1', port: PORT });
  finish(sim, torrent);
  expect(holds(b)).toBe(true);
});

test('BEP 52: peers that lie about hashes, refuse them or say nothing are passed over', async () => {
  const { sim, b, metainfo } = await swarm();
  const infoHash = Id20.from(metainfo.infoHashV2!.subarray(0, 20));
  const asked = new Set<string>();
  const peers = ['lie', 'refuse', 'silence'].map((habit, i) => {
    const host = sim.host(`10.0.1.${i + 1}`);
    const wire = new PeerConnection(host, { infoHash, peerId: Id20.from(`b${i}`.repeat(20)) });
    const accept = (stream: Stream) => ({
      receive(bytes: Uint8Array) {
        for (const event of wire.receive(bytes)) {
          if (event.type !== 'hash-request') continue;
          asked.add(habit);
          const range = { ...event, piecesRoot: event.piecesRoot.slice() };
          if (habit === 'lie')
            wire.hashes({ ...range, type: 'hashes', hashes: new Uint8Array(32 * event.length).fill(7) });
          if (habit === 'refuse') wire.hashes({ ...range, type: 'hash-reject' });
        }
        stream.write(wire.flush());
      },
      closed() {},
    });
    host.listen({ port: PORT }, { accept });
    return { ip: `10.0.1.${i + 1}`, port: PORT };
  });
  const client = new Client(b);
  const reasons: string[] = [];
  client.subscribe((events) => {
    for (const event of events) if (event.type === 'peer-closed') reasons.push(event.reason);
  });
  const torrent = client.add({ ...metainfo, pieceLayers: new Map() }, { path: '/d', peers });
  sim.run(() => asked.size === 3 || sim.now > HOUR);
  expect(torrent.state).toBe('metadata');
  torrent.addPeer({ ip: '10.0.0.1', port: PORT });
  finish(sim, torrent);
  expect(holds(b)).toBe(true);
  expect(reasons).toContain('sent wrong hashes');
});

test('BEP 52: who asks beyond the end of a file within a piece gets zeros, never what memory held before', async () => {
  const { sim, b, metainfo } = await swarm();
  const infoHash = Id20.from(metainfo.infoHashV2!.subarray(0, 20));
  const last = metainfo.pieceCount - 1;
  const asking = connectPeer(b, { ip: '10.0.0.1', port: PORT }, { infoHash });
  const bytes = await sim.settle(
    asking.then(async (peer) => {
      await using _ = peer;
      // First other pieces, which fill the memory that the short one comes to lie in.
      for (let piece = 0; piece < 16; piece++) await peer.read({ piece, begin: 0, length: PIECE });
      return (await peer.read({ piece: last, begin: 0, length: PIECE })).slice();
    }),
  );
  const small = FILES.get('small')!;
  expect(bytes.subarray(0, small.length)).toEqual(small);
  expect(bytes.subarray(small.length).every((byte) => byte === 0)).toBe(true);
});

test('BEP 52: who asks for a block and then for the leaves around it gets both, and for the next leaves has to ask for a block again', async () => {
  const { sim, b, metainfo } = await swarm(4 * PIECE);
  const wire = new PeerConnection(b, {
    infoHash: Id20.from(metainfo.infoHashV2!.subarray(0, 20)),
    peerId: Id20.from('bb'.repeat(20)),
  });
  wire.setGeometry({ ...metainfo, length: metainfo.pieceCount * metainfo.pieceLength });
  const told: HashMessage[] = [];
  const driven = driveStream(b, wire, (events) => {
    for (const event of events) {
      if (event.type === 'handshake') wire.setInterested(true);
      if (event.type === 'hashes' || event.type === 'hash-reject') told.push(structuredClone(event));
    }
  });
  b.connect({ ip: '10.0.0.1', port: PORT }, driven);
  sim.run(() => !wire.choked);
  const askLeaves = (name: string, index: number, length: number): MerkleTree => {
    const { piecesRoot, length: size } = metainfo.files.find(({ path }) => path.at(-1) === name)!;
    const tree = new MerkleTree(size, metainfo.pieceLength, piecesRoot!);
    const proofLayers = tree.height - 1;
    wire.hashes({ type: 'hash-request', piecesRoot: piecesRoot!, baseLayer: 0, index, length, proofLayers });
    return tree;
  };
  // Two pieces, of which the second was not asked for; no leaves are due without a block.
  const firstPiece = metainfo.files.find(({ path }) => path.at(-1) === 'large')!.offset / metainfo.pieceLength;
  wire.request({ piece: firstPiece + 2, begin: PIECE, length: PIECE });
  const tree = askLeaves('large', 8, 8);
  askLeaves('large', 8, 8);
  driven.flush();
  sim.run(() => told.length === 2);
  expect(told.map(({ type }) => type).sort()).toEqual(['hash-reject', 'hashes']);
  const answer = told.find(({ type }) => type === 'hashes')!;
  expect(answer.type === 'hashes' && tree.accept(answer, answer.hashes)).toBe(true);
  expect(tree.verifyBlock(9, FILES.get('large')!.subarray(9 * PIECE, 10 * PIECE))).toBe(true);
  // A file that is one piece, of three blocks.
  const only = metainfo.files.find(({ path }) => path.at(-1) === 'middle')!.offset / metainfo.pieceLength;
  wire.request({ piece: only, begin: 0, length: PIECE });
  const small = askLeaves('middle', 0, 4);
  driven.flush();
  sim.run(() => told.length === 3);
  const last = told[2]!;
  expect(last.type === 'hashes' && small.accept(last, last.hashes)).toBe(true);
  // Leaves of another place than the block, and a range that nobody may ask for.
  wire.request({ piece: only, begin: 0, length: PIECE });
  askLeaves('large', 8, 8);
  askLeaves('middle', 0, 2 ** 30);
  driven.flush();
  sim.run(() => told.length === 5 || sim.now > HOUR);
  expect(told.slice(3).map(({ type }) => type)).toEqual(['hash-reject', 'hash-reject']);
});

test('BEP 52: leaves are hashed for peers at no more than a rate, and then refused', async () => {
  const { sim, b, metainfo } = await swarm(4 * PIECE);
  const { piecesRoot, offset } = metainfo.files.find(({ path }) => path.at(-1) === 'large')!;
  const wire = new PeerConnection(b, {
    infoHash: Id20.from(metainfo.infoHashV2!.subarray(0, 20)),
    peerId: Id20.from('cc'.repeat(20)),
  });
  wire.setGeometry({ ...metainfo, length: metainfo.pieceCount * metainfo.pieceLength });
  const told: string[] = [];
  const driven = driveStream(b, wire, (events) => {
    for (const event of events) {
      if (event.type === 'handshake') wire.setInterested(true);
      if (event.type === 'hashes' || event.type === 'hash-reject') told.push(event.type);
    }
  });
  b.connect({ ip: '10.0.0.1', port: PORT }, driven);
  sim.run(() => !wire.choked);
  // Each costs two mebibytes: far more at once than a tenth of a second allows.
  for (let each = 0; each < 20; each++) {
    const piece = offset / metainfo.pieceLength + Math.floor(each / 4);
    wire.request({ piece, begin: (each % 4) * PIECE, length: PIECE });
    wire.hashes({ type: 'hash-request', piecesRoot: piecesRoot!, baseLayer: 0, index: 0, length: 128, proofLayers: 0 });
  }
  driven.flush();
  sim.run(() => told.length === 20);
  const served = told.filter((type) => type === 'hashes').length;
  expect(served).toBeGreaterThanOrEqual(1);
  expect(served).toBeLessThanOrEqual(3);
});
