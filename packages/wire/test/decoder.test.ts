import { expect, test } from 'vitest';
import { encodeMessage, limits, MessageDecoder } from '../src/index.ts';
import { bytesOf, join } from './pair.ts';

function all(decoder: MessageDecoder, chunk: Uint8Array): unknown[] {
  decoder.push(chunk);
  const seen: unknown[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) seen.push(message);
  return seen;
}

test('BEP 3: a block leaves in the parts in which it came, each a view of its chunk', () => {
  const decoder = new MessageDecoder();
  const frame = encodeMessage({ type: 'piece', piece: 5, begin: 32_768, data: Uint8Array.of(1, 2, 3, 4, 5) });
  const first = frame.slice(0, 15);
  const block = { type: 'block', piece: 5, begin: 32_768, length: 5 };
  expect(all(decoder, first)).toEqual([{ ...block, offset: 0, data: Uint8Array.of(1, 2) }]);
  expect(all(decoder, frame.slice(15))).toEqual([{ ...block, offset: 2, data: Uint8Array.of(3, 4, 5) }]);

  const chunk = frame.slice();
  const [part] = all(decoder, chunk) as { data: Uint8Array }[];
  expect(part?.data.buffer).toBe(chunk.buffer);
});

test('BEP 3: a header at the end of a chunk is no part yet, an empty block is one', () => {
  const decoder = new MessageDecoder();
  const frame = encodeMessage({ type: 'piece', piece: 5, begin: 0, data: Uint8Array.of(9) });
  expect(all(decoder, frame.subarray(0, 13))).toEqual([]);
  expect(all(decoder, frame.subarray(13))).toHaveLength(1);
  expect(all(decoder, bytesOf({ type: 'piece', piece: 1, begin: 2, data: new Uint8Array(0) }))).toEqual([
    { type: 'block', piece: 1, begin: 2, length: 0, offset: 0, data: new Uint8Array(0) },
  ]);
});

test('what a message views is not overwritten by the end of the same chunk', () => {
  const decoder = new MessageDecoder();
  const bits = new Uint8Array(12).fill(0xff);
  const bitfield = encodeMessage({ type: 'bitfield', bits });
  const have = encodeMessage({ type: 'have', piece: 0 });
  expect(all(decoder, bitfield.subarray(0, 6))).toEqual([]);
  const seen = all(decoder, join([bitfield.subarray(6), have.subarray(0, 8)]));
  expect(seen).toEqual([{ type: 'bitfield', bits }]);
  expect(all(decoder, have.subarray(8))).toEqual([{ type: 'have', piece: 0 }]);
});

test('BEP 3: an unknown message of the largest size is passed over without being stored', () => {
  const decoder = new MessageDecoder();
  const noise = encodeMessage({ type: 'unknown', id: 99, payload: new Uint8Array(limits.unknownLength).fill(1) });
  const seen: unknown[] = [];
  for (let at = 0; at < noise.length; at += 1_000) seen.push(...all(decoder, noise.subarray(at, at + 1_000)));
  seen.push(...all(decoder, bytesOf({ type: 'choke' })));
  expect(seen).toEqual([{ type: 'unknown', id: 99, payload: new Uint8Array(0) }, { type: 'choke' }]);
});

test('a Buffer in gives plain Uint8Arrays out', () => {
  const decoder = new MessageDecoder();
  const chunk = Buffer.from(
    bytesOf(
      { type: 'bitfield', bits: Uint8Array.of(1) },
      { type: 'piece', piece: 0, begin: 0, data: Uint8Array.of(1) },
      { type: 'extended', id: 1, payload: Uint8Array.of(1) },
    ),
  );
  const views = (all(decoder, chunk) as { bits?: Uint8Array; data?: Uint8Array; payload?: Uint8Array }[]).map(
    ({ bits, data, payload }) => bits ?? data ?? payload,
  );
  expect(views.map((view) => view instanceof Uint8Array && !Buffer.isBuffer(view))).toEqual([true, true, true]);
});
