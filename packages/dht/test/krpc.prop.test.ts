/** The codec both ways, beside the general one, and on garbage. */
import { decode, encode } from '@ferro/bencode';
import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeKrpc, encodeKrpc } from '../src/index.ts';
import { message, packet } from './arbitrary.ts';

test('what is written is read as the same', () => {
  fc.assert(
    fc.property(message, (value) => {
      const read = decodeKrpc(encodeKrpc(value));
      expect(read).toMatchObject(value);
      expect(encodeKrpc(read)).toEqual(encodeKrpc(value));
    }),
  );
});

test('what is written is canonical bencode: the general codec reads it and writes the same', () => {
  fc.assert(fc.property(packet, (bytes) => void expect(encode(decode(bytes))).toEqual(bytes)));
});

test('garbage gives a message or a ProtocolError', () => {
  const mutated = fc
    .tuple(packet, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
    .map(([bytes, edits]) => {
      const copy = bytes.slice();
      for (const [at, value] of edits) copy[at % copy.length] = value;
      return copy;
    });
  const garbage = fc.oneof(mutated, fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(garbage, (bytes) => {
      try {
        decodeKrpc(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a message is read the same out of a larger buffer, and out of a Buffer', () => {
  fc.assert(
    fc.property(packet, (bytes) => {
      const larger = new Uint8Array(bytes.length + 20).fill(101);
      larger.set(bytes, 10);
      const expected = decodeKrpc(bytes);
      expect(decodeKrpc(larger.subarray(10, 10 + bytes.length))).toEqual(expected);
      expect(encodeKrpc(decodeKrpc(Buffer.from(bytes)))).toEqual(encodeKrpc(expected));
    }),
  );
});
