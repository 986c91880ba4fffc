/**
 * What every datagram core promises: any datagram from anywhere gives events or an `ignored` event with a ProtocolError, never
 * an exception; nothing keeps a view of its input; an empty datagram is input like any other.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Address, type DatagramCore, ProtocolError } from '../src/index.ts';

export interface DatagramCoreContract<Event extends { readonly type: string }> {
  readonly name: string;
  readonly make: () => DatagramCore<Event>;
  /** Datagrams that make sense to the core, to be mutated. */
  readonly datagrams: fc.Arbitrary<Uint8Array>;
  readonly runs?: number;
}

const SENDER: Address = { ip: '203.0.113.9', port: 6881 };

export function datagramCoreContract<Event extends { readonly type: string }>(
  contract: DatagramCoreContract<Event>,
): void {
  const numRuns = contract.runs ?? 200;
  const mutated = fc
    .tuple(contract.datagrams, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([bytes, edits, cut]) => {
      const copy = bytes.slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length);
      if (copy.length > 0) for (const [at, value] of edits) copy[at % copy.length] = value;
      return copy;
    });
  const anything = fc.oneof(contract.datagrams, mutated, fc.uint8Array({ maxLength: 1500 }));

  test(`${contract.name}: any datagram is answered, ignored with a ProtocolError, or silently taken`, () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 12 }), (inputs) => {
        const core = contract.make();
        for (const bytes of [...inputs, new Uint8Array(0)]) {
          for (const event of core.receive({ bytes, address: SENDER })) {
            if (event.type === 'ignored') expect((event as { reason?: unknown }).reason).toBeInstanceOf(ProtocolError);
          }
          core.flush();
          core.tick();
          core.flush();
        }
      }),
      { numRuns },
    );
  });

  test(`${contract.name}: overwriting an input after its events were used changes nothing later`, () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 8 }), (inputs) => {
        const say = (ruin: boolean) => {
          const core = contract.make();
          const out: unknown[] = [];
          for (const input of inputs) {
            const bytes = input.slice();
            out.push(structuredClone(core.receive({ bytes, address: SENDER }) as unknown));
            if (ruin) bytes.fill(0xa5);
            out.push(core.flush().map((datagram) => ({ bytes: datagram.bytes.slice(), to: datagram.address })));
          }
          return out;
        };
        expect(say(true)).toEqual(say(false));
      }),
      { numRuns: Math.min(numRuns, 50) },
    );
  });
}
