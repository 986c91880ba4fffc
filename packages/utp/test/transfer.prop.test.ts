/** Two endpoints and a bad path: the bytes arrive intact, in order, exactly once, and both sides end (BEP 29 as a whole). */
import { concatBytes, equalBytes } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UtpConnection } from '../src/index.ts';
import { endpointOf, pair } from './flow.ts';
import type { Clock, LinkOptions } from './link.ts';

const faults = fc.record({
  loss: fc.constantFrom(0, 0.01, 0.05, 0.2),
  duplicate: fc.constantFrom(0, 0.05, 0.3),
  jitter: fc.constantFrom(0, 5, 80),
  latency: fc.constantFrom(1, 20, 200),
  rate: fc.constantFrom(Number.POSITIVE_INFINITY, 1000, 50),
  queue: fc.constantFrom(20_000, 1_000_000),
  mtu: fc.constantFrom(1400, 1500, 9000),
});

/** Writes of these lengths, with bytes that tell their place. */
function contents(lengths: readonly number[], salt: number): Uint8Array[] {
  let place = 0;
  return lengths.map((length) => Uint8Array.from({ length }, () => (Math.imul(place++, 2_654_435_761) >>> 13) + salt));
}

class Side {
  readonly got: number[] = [];
  connection: UtpConnection | undefined;
  ended = false;
  closed = 0;
  reason: string | undefined;
  readonly #toWrite: Uint8Array[];

  constructor(toWrite: readonly Uint8Array[]) {
    this.#toWrite = [...toWrite];
  }

  write(): void {
    while (this.#toWrite.length > 0) if (!this.connection!.write([this.#toWrite.shift()!])) return;
    this.connection!.end();
  }
}

/** Both sides write, end, and are run until both are closed. */
function exchange(
  link: LinkOptions,
  seed: number,
  lengths: readonly [readonly number[], readonly number[]],
  clock: Clock = {},
  random?: (bytes: Uint8Array) => void,
) {
  const { network, a, b } = pair(link, seed, { mtu: 9000, receiveWindow: 100_000 }, clock, random);
  const sent = [contents(lengths[0], 1), contents(lengths[1], 77)] as const;
  const sides = [new Side(sent[0]), new Side(sent[1])] as const;
  for (const [node, side] of [[a, sides[0]] as const, [b, sides[1]] as const]) {
    node.on = (event) => {
      if (event.type === 'ignored') return;
      side.connection = event.connection;
      if (event.type === 'accepted' || event.type === 'connected' || event.type === 'writable') side.write();
      else if (event.type === 'data') {
        side.got.push(...event.bytes);
        // Now and then the reader needs a rest.
        if (network.random() < 0.05) {
          const { connection } = event;
          connection.pause();
          network.at(network.now + 30, () => {
            connection.resume();
            node.flush();
          });
        }
      } else if (event.type === 'ended') side.ended = true;
      else if (event.type === 'closed') {
        side.closed++;
        side.reason = event.reason;
      }
    };
  }
  endpointOf(a).connect(b.address);
  a.flush();
  network.run(3_600_000, () => sides.every(({ closed }) => closed > 0));
  return { sent, sides, network, a, b };
}

test('any bytes, written in any pieces, over any faults, in both directions', () => {
  const writes = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 12 });
  fc.assert(
    fc.property(faults, fc.nat(1e6), writes, writes, (link, seed, there, back) => {
      const { sent, sides, network, a, b } = exchange(link, seed, [there, back]);
      // So many lost SYNs that nobody could connect are an honest end too.
      if (sides[1].closed === 0 && sides[0].reason === 'timeout') return;
      expect(sides.map(({ closed }) => closed)).toEqual([1, 1]);
      for (const [i, side] of sides.entries()) {
        if (sides.some(({ reason }) => reason !== undefined)) continue;
        expect(side.ended).toBe(true);
        expect(side.got).toEqual(sent[1 - i]!.flatMap((chunk) => [...chunk]));
      }
      // At less than a loss in ten, nobody gives up.
      if (link.loss <= 0.05) expect(sides.map(({ reason }) => reason)).toEqual([undefined, undefined]);
      network.run(network.now + 200_000);
      expect([endpointOf(a).connections, endpointOf(b).connections]).toEqual([0, 0]);
      expect([endpointOf(a).deadline, endpointOf(b).deadline]).toEqual([Infinity, Infinity]);
    }),
    { numRuns: 40 },
  );
});

test('BEP 29, header format: numbers, ids and timestamps that wrap in the middle of a transfer change nothing', () => {
  const lengths = [Array<number>(400).fill(2000), Array<number>(100).fill(3000)] as const;
  for (const high of [0xff, 0xfe]) {
    const link = { latency: 10, rate: 2000, loss: 0.02, jitter: 10, duplicate: 0.05 };
    const clock = { ahead: 2 ** 32 / 1000 - 300 };
    const { sent, sides } = exchange(link, 5, lengths, clock, (bytes) => bytes.fill(0xff).fill(high, 1));
    for (const [i, side] of sides.entries())
      expect(equalBytes(Uint8Array.from(side.got), concatBytes(sent[1 - i]!))).toBe(true);
  }
});
