import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from '../src/index.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const v4 = { ip: '203.0.113.7', port: 6_881 };
const v6 = { ip: '2001:db8::7', port: 6_881 };

test.each<[HolepunchMessage, string]>([
  [{ type: 'rendezvous', address: v4 }, '0000cb0071071ae100000000'],
  [{ type: 'connect', address: v4 }, '0100cb0071071ae100000000'],
  [{ type: 'connect', address: v6 }, '010120010db80000000000000000000000071ae100000000'],
  [{ type: 'error', address: v4, error: 'not-connected' }, '0200cb0071071ae100000002'],
  [{ type: 'error', address: v4, error: 77 }, '0200cb0071071ae10000004d'],
])('BEP 55: %o, both ways', (message, bytes) => {
  expect(hex(encodeHolepunch(message))).toBe(bytes);
  expect(decodeHolepunch(Uint8Array.from(Buffer.from(bytes, 'hex')))).toEqual(message);
});

test('BEP 55: the error code may be absent where there is no error, and nowhere else', () => {
  expect(decodeHolepunch(Uint8Array.from(Buffer.from('0100cb0071071ae1', 'hex')))).toEqual({
    type: 'connect',
    address: v4,
  });
  expect(() => decodeHolepunch(Uint8Array.from(Buffer.from('0200cb0071071ae1', 'hex')))).toThrow(ProtocolError);
});

test('BEP 55: garbage is a message or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), fc.nat(2), (bytes, type, family) => {
      bytes[0] = type;
      bytes[1] = family;
      try {
        expect(decodeHolepunch(bytes).address.port).toBeLessThan(65_536);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});
