/** The packet codec: BEP 29, header format and extensions. */
import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '../src/index.ts';
import { padPacket } from '../src/packet.ts';

const packet: fc.Arbitrary<Packet> = fc.record({
  type: fc.constantFrom('data', 'fin', 'state', 'reset', 'syn'),
  connectionId: fc.nat(0xffff),
  timestamp: fc.nat(0xffffffff),
  timestampDifference: fc.nat(0xffffffff),
  window: fc.nat(0xffffffff),
  sequence: fc.nat(0xffff),
  acknowledged: fc.nat(0xffff),
  payload: fc.uint8Array({ maxLength: 80 }),
});
const mask = fc
  .integer({ min: 1, max: 63 })
  .chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words }));
const withMask = fc.tuple(packet, mask).map(([one, selective]) => ({ ...one, selective }));

function codeOf(bytes: Uint8Array): string {
  try {
    decodePacket(bytes);
    return 'none';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : `not a ProtocolError: ${error}`;
  }
}

test('BEP 29, header format: a SYN byte by byte', () => {
  const bytes = encodePacket({
    type: 'syn',
    connectionId: 0x1234,
    timestamp: 0x01020304,
    timestampDifference: 0,
    window: 0x00100000,
    sequence: 1,
    acknowledged: 0,
    payload: new Uint8Array(0),
  });
  expect([...bytes]).toEqual([0x41, 0, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0]);
});

test('BEP 29, header format: decoding undoes encoding', () => {
  fc.assert(
    fc.property(fc.oneof(packet, withMask), (one) => {
      expect(decodePacket(encodePacket(one))).toEqual(one);
    }),
  );
});

test('BEP 29, extension: padding of any number of steps is skipped, and the packet is the same', () => {
  fc.assert(
    fc.property(packet, fc.integer({ min: 1, max: 120 }), (one, steps) => {
      const more = 10 * steps;
      const bytes = encodePacket(one);
      const padded = padPacket(bytes, bytes.length + more);
      expect(padded.length).toBe(bytes.length + more);
      expect(decodePacket(padded)).toEqual(one);
    }),
  );
});

test('any bytes are a packet or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(4), (bytes, type) => {
      if (bytes.length > 0) bytes[0] = (type << 4) | 1;
      expect(codeOf(bytes)).toMatch(/^(none|utp\/[a-z-]+)$/);
    }),
  );
});

test.each([
  ['19 bytes', new Uint8Array(19).fill(1), 'utp/packet-too-short'],
  ['version 2', Uint8Array.of(0x02, ...new Uint8Array(19)), 'utp/unknown-version'],
  ['type 5', Uint8Array.of(0x51, ...new Uint8Array(19)), 'utp/unknown-type'],
  ['an extension without length', Uint8Array.of(0x21, 1, ...new Uint8Array(18), 0), 'utp/extension-cut'],
  ['an extension beyond the end', Uint8Array.of(0x21, 2, ...new Uint8Array(18), 0, 5, 1, 2), 'utp/extension-cut'],
  ['an empty mask', Uint8Array.of(0x21, 1, ...new Uint8Array(18), 0, 0), 'utp/selective-ack-length'],
])('BEP 29: %s is refused', (_name, bytes, code) => expect(codeOf(bytes)).toBe(code));

test('BEP 29, Selective ACK, as deployed: a mask may have any number of bytes', () => {
  for (let length = 1; length <= 9; length++) {
    const mask = new Uint8Array(length).fill(0xa0);
    const bytes = Uint8Array.of(0x21, 1, ...new Uint8Array(18), 0, length, ...mask);
    expect(decodePacket(bytes).selective, `${length} bytes`).toEqual(mask);
  }
});

test('a chain of extensions as long as a datagram is read in time linear in its length', () => {
  const time = (count: number) => {
    const bytes = new Uint8Array(20 + 2 * count);
    bytes[0] = 0x21;
    bytes[1] = 9;
    for (let i = 0; i < count - 1; i++) bytes[20 + 2 * i] = 9;
    const start = performance.now();
    for (let i = 0; i < 40; i++) decodePacket(bytes);
    return performance.now() - start;
  };
  time(4000);
  const least = (count: number) => Math.min(...Array.from({ length: 7 }, () => time(count)));
  expect(least(32_000)).toBeLessThan(40 * least(4000) + 5);
});
