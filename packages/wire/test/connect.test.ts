import { Id20, type StreamHandler } from '@ferro/core';
import { afterEach, expect, test } from 'vitest';
import { Simulation } from '../../sim/src/index.ts';
import { connectPeer, PeerConnection, type PeerEvent } from '../src/index.ts';
import { INFO_HASH } from './pair.ts';

const SEEDER = { ip: '203.0.113.2', port: 6_881 };
const GEOMETRY = { pieceCount: 4, pieceLength: 65_536, length: 4 * 65_536 };
const byteAt = (piece: number, at: number) => (piece * 31 + at) % 251;

let sim: Simulation;
let ours: ReturnType<Simulation['host']>;
let theirs: ReturnType<Simulation['host']>;

function world(): void {
  sim = new Simulation({ seed: 5, link: { latency: 20, rate: 2_000_000 } });
  ours = sim.host('203.0.113.1');
  theirs = sim.host(SEEDER.ip);
}

/** A peer that has everything, and answers or refuses what it is asked. */
function seed(
  options: { readonly fast?: boolean; readonly refuse?: boolean; readonly moody?: boolean } = {},
): PeerConnection[] {
  const served: PeerConnection[] = [];
  theirs.listen(
    { port: SEEDER.port },
    {
      accept: (stream): StreamHandler => {
        const wire = new PeerConnection(theirs, {
          peerId: Id20.from('b0'.repeat(20)),
          infoHash: INFO_HASH,
          geometry: GEOMETRY,
          fast: options.fast ?? true,
        });
        served.push(wire);
        let calmed = false;
        return {
          receive(bytes) {
            for (const event of wire.receive(bytes)) {
              // Chokes when first asked, and thinks better of it at once.
              const moody = options.moody === true && event.type === 'request' && !calmed;
              if (moody) {
                calmed = true;
                wire.choke();
                wire.unchoke();
              } else {
                answer(wire, event, options.refuse === true);
              }
            }
            stream.write(wire.flush());
            if (wire.closed) stream.close();
          },
          closed: () => wire.close(),
        };
      },
    },
  );
  return served;
}

function answer(wire: PeerConnection, event: PeerEvent, refuse: boolean): void {
  if (event.type === 'handshake') wire.haveAll();
  if (event.type === 'interested') wire.unchoke();
  if (event.type !== 'request') return;
  if (refuse) wire.reject(event);
  else
    wire.piece(
      event.piece,
      event.begin,
      Uint8Array.from({ length: event.length }, (_, i) => byteAt(event.piece, event.begin + i)),
    );
}

const connect = (options: { readonly signal?: AbortSignal; readonly infoHash?: Id20 } = {}) =>
  connectPeer(ours, SEEDER, { infoHash: INFO_HASH, ...options });

afterEach(() => {
  sim.run(Number.POSITIVE_INFINITY);
  expect(sim.pending).toBe(0);
});

test.each([true, false])('BEP 3: blocks are read from a peer, with the fast extension or without: %s', async (fast) => {
  world();
  seed({ fast });
  const peer = await sim.settle(connect());
  expect(peer.remote.peerId.hex).toBe('b0'.repeat(20));
  const blocks = [0, 1, 2, 3].map((piece) => ({ piece, begin: 16_384, length: 16_384 }));
  const read = await sim.settle(Promise.all(blocks.map((block) => peer.read(block))));
  for (const [i, bytes] of read.entries()) {
    expect(bytes).toEqual(Uint8Array.from({ length: 16_384 }, (_, at) => byteAt(i, 16_384 + at)));
  }
  peer.close();
});

test('BEP 3: what the peer says can be iterated over, and its bytes stay as they are', async () => {
  world();
  seed({ fast: false });
  const peer = await sim.settle(connect());
  const events = peer[Symbol.asyncIterator]();
  const seen: PeerEvent[] = [];
  while (seen.at(-1)?.type !== 'bitfield') seen.push((await sim.settle(events.next())).value);
  expect(seen.map((event) => event.type)).toEqual(['handshake', 'extended-handshake', 'bitfield']);
  expect(seen.at(-1)).toEqual({ type: 'bitfield', bits: Uint8Array.of(0xf0) });
  peer.close();
});

test('BEP 3: commands go to the core and are flushed', async () => {
  world();
  const served = seed();
  const peer = await sim.settle(connect());
  peer.wire.setInterested(true);
  peer.flush();
  expect(sim.run(() => !peer.wire.choked)).toBe(true);
  expect(served[0]?.interesting).toBe(true);
  await peer[Symbol.asyncDispose]();
});

test.each([true, false])(
  'BEP 3, 6: what a choke has undone is asked again, with the fast extension or without: %s',
  async (fast) => {
    world();
    seed({ fast, moody: true });
    const peer = await sim.settle(connect());
    expect(await sim.settle(peer.read({ piece: 1, begin: 0, length: 100 }))).toHaveLength(100);
    peer.close();
  },
);

test('BEP 6: a refused block rejects, and the connection goes on', async () => {
  world();
  seed({ refuse: true });
  const peer = await sim.settle(connect());
  await expect(sim.settle(peer.read({ piece: 0, begin: 0, length: 9 }))).rejects.toThrow('refused');
  expect(peer.wire.closed).toBe(false);
  peer.close();
});

test('BEP 3: a peer with another torrent is refused with the reason', async () => {
  world();
  seed();
  const other = Id20.from('cc'.repeat(20));
  // The seeder severs it first: it sees our info-hash before we see its own.
  await expect(sim.settle(connect({ infoHash: other }))).rejects.toThrow();
});

test('nobody there, or somebody who never answers, is an error', async () => {
  world();
  await expect(sim.settle(connect())).rejects.toThrow();
  theirs.listen({ port: SEEDER.port }, { accept: () => ({ receive: () => {}, closed: () => {} }) });
  await expect(sim.settle(connect())).rejects.toThrow(/no (connection|handshake) in time/);
});

test('a signal ends the wait, before and during', async () => {
  world();
  const early = AbortSignal.abort(new Error('never mind'));
  await expect(sim.settle(connect({ signal: early }))).rejects.toThrow('never mind');
  seed();
  const controller = new AbortController();
  const waiting = connect({ signal: controller.signal });
  ours.at(sim.now + 5, () => controller.abort(new Error('too slow')));
  await expect(sim.settle(waiting)).rejects.toThrow('too slow');
});

test('a read that waits fails when the connection ends', async () => {
  world();
  const served = seed({ fast: false });
  const peer = await sim.settle(connect());
  const reading = peer.read({ piece: 0, begin: 0, length: 16_384 });
  peer.close();
  await expect(reading).rejects.toThrow('closed');
  await expect(peer.read({ piece: 0, begin: 0, length: 1 })).rejects.toThrow('closed');
  sim.run(Number.POSITIVE_INFINITY);
  expect(served[0]?.closed).toBe(true);
});
