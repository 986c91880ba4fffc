/** Arbitrary messages, legal or not, and what a stream of them says when fragments of blocks are joined again. */
import fc from 'fast-check';
import type { BlockPart, DecodedMessage, Message, PeerEvent } from '../src/index.ts';
import { copyOf } from './pair.ts';

const number = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }));
const bytes = fc.uint8Array({ maxLength: 300 });
const range = {
  piecesRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  baseLayer: number,
  index: number,
  length: number,
  proofLayers: number,
};

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc
    .constantFrom(
      ...(['keep-alive', 'choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none'] as const),
    )
    .map((type) => ({ type })),
  fc.record({ type: fc.constantFrom('have' as const, 'suggest' as const, 'allowed-fast' as const), piece: number }),
  fc.record({ type: fc.constant('bitfield' as const), bits: bytes }),
  fc.record({
    type: fc.constantFrom('request' as const, 'cancel' as const, 'reject' as const),
    piece: number,
    begin: number,
    length: number,
  }),
  fc.record({ type: fc.constant('piece' as const), piece: number, begin: number, data: bytes }),
  fc.record({ type: fc.constant('port' as const), port: fc.nat(65_535) }),
  fc.record({ type: fc.constant('extended' as const), id: fc.nat(255), payload: bytes }),
  fc.record({ type: fc.constantFrom('hash-request' as const, 'hash-reject' as const), ...range }),
  fc
    .record({ type: fc.constant('hashes' as const), ...range, count: fc.nat(8) })
    .map(({ count, ...rest }) => ({ ...rest, hashes: new Uint8Array(32 * count).fill(count) })),
  fc.record({
    type: fc.constant('unknown' as const),
    id: fc.constantFrom(10, 11, 12, 18, 19, 24, 100, 255),
    payload: bytes,
  }),
) as fc.Arbitrary<Message>;

/** Copies, with the parts of each block joined to one. */
export function joined(events: readonly (DecodedMessage | PeerEvent<never>)[]): unknown[] {
  const whole: unknown[] = [];
  let data: number[] = [];
  for (const event of events) {
    if (event.type !== 'block') {
      whole.push(copyOf(event));
      continue;
    }
    const part: BlockPart = event;
    if (part.offset !== data.length) throw new Error(`a part at ${part.offset} follows ${data.length} bytes`);
    data.push(...part.data);
    if (data.length < part.length) continue;
    whole.push({ type: 'block', piece: part.piece, begin: part.begin, data: Uint8Array.from(data) });
    data = [];
  }
  return whole;
}
