/**
 * What every stream core promises, as a suite that any package runs on its own core: chunk borders do not matter, nothing
 * keeps a view of its input, garbage gives a value or a ProtocolError and nothing else, time grows with size and no faster.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError, type StreamCore } from '../src/index.ts';

export interface StreamCoreContract<Event extends { readonly type: string }> {
  readonly name: string;
  /** A fresh core, ready for input. */
  readonly make: () => StreamCore<Event>;
  /** Valid conversations, as the bytes that the remote side sends. */
  readonly conversations: fc.Arbitrary<Uint8Array>;
  /**
   * Events as plain data for comparison, views copied. Events that a core may cut where a chunk ends (parts of a block,
   * of a body) have to be joined here.
   */
  readonly describe: (events: readonly Event[]) => unknown;
  readonly runs?: number;
}

export function streamCoreContract<Event extends { readonly type: string }>(contract: StreamCoreContract<Event>): void {
  const { make, conversations, describe: plain } = contract;
  const numRuns = contract.runs ?? 100;

  /** Feeds chunks, copies what comes out before the next input, and ruins each chunk once its events have been used. */
  function hear(core: StreamCore<Event>, bytes: Uint8Array, cuts: readonly number[]): unknown {
    const seen: Event[] = [];
    const borders = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
    let from = 0;
    for (const to of [...borders, bytes.length]) {
      const chunk = bytes.slice(from, to);
      seen.push(...(structuredClone(core.receive(chunk) as unknown[]) as Event[]));
      chunk.fill(0xa5);
      from = to;
    }
    return plain(seen);
  }

  test(`${contract.name}: one chunk, byte by byte and any split say the same, and no view of the input is kept`, () => {
    fc.assert(
      fc.property(conversations, fc.array(fc.nat(4096), { maxLength: 20 }), (bytes, cuts) => {
        const whole = hear(make(), bytes, []);
        expect(hear(make(), bytes, [...bytes.keys()])).toEqual(whole);
        expect(hear(make(), bytes, cuts)).toEqual(whole);
      }),
      { numRuns },
    );
  });

  test(`${contract.name}: garbage ends in a closed event with a ProtocolError or is taken, and never throws`, () => {
    fc.assert(
      fc.property(conversations, fc.uint8Array({ maxLength: 600 }), fc.nat(), (good, garbage, at) => {
        const core = make();
        const cut = good.length === 0 ? 0 : at % (good.length + 1);
        const events = [...core.receive(good.slice(0, cut)), ...core.receive(garbage)];
        for (const event of events) {
          if (event.type !== 'closed' || !('reason' in event) || event.reason === undefined) continue;
          expect(event.reason).toBeInstanceOf(ProtocolError);
        }
        if (events.some((event) => event.type === 'closed')) expect(core.receive(good)).toEqual([]);
        core.flush();
      }),
      { numRuns },
    );
  });

  test(`${contract.name}: after closing there is no deadline and nothing to send`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (garbage) => {
        const core = make();
        const closed = core.receive(garbage).some((event) => event.type === 'closed');
        fc.pre(closed);
        core.flush();
        expect(core.deadline).toBe(Number.POSITIVE_INFINITY);
        expect(core.flush()).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
}
