/** The probe's uTP packets and holepunch messages beside ours: the same bytes for the same packets, and the same packets in any bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePacket, encodePacket, packetTypes } from '../../packages/utp/src/packet.ts';
import { decodeHolepunch, encodeHolepunch } from '../../packages/wire/src/index.ts';
import { readPacket, selected, selectiveAckOf, types, writePacket } from '../src/probe/utp/packets.ts';
import { punches, readPunch, writePunch } from '../src/probe/wire/holepunch.ts';

const number16 = fc.integer({ min: 0, max: 0xffff });
const number32 = fc.integer({ min: 0, max: 0xffff_ffff });
const packet = fc.record({
  type: fc.constantFrom('data', 'fin', 'state', 'reset', 'syn'),
  connectionId: number16,
  timestamp: number32,
  timestampDifference: number32,
  window: number32,
  sequence: number16,
  acknowledged: number16,
  payload: fc.uint8Array({ maxLength: 40 }),
});

describe('the probe agrees with @ferro/utp', () => {
  test('about packets', () => {
    expect(types).toEqual(packetTypes);
    fc.assert(
      fc.property(packet, (each) => {
        const written = writePacket({
          type: types[each.type],
          id: each.connectionId,
          timestamp: each.timestamp,
          difference: each.timestampDifference,
          window: each.window,
          seq: each.sequence,
          ack: each.acknowledged,
          payload: each.payload,
        });
        expect(Buffer.compare(encodePacket(each), written)).toBe(0);
      }),
    );
  });

  test('about any bytes that both take for a packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), (bytes) => {
        bytes[0] = ((bytes[0]! % 5) << 4) | 1;
        const ours = attempt(() => decodePacket(bytes));
        const theirs = readPacket(bytes);
        if (ours === undefined || theirs === undefined) return;
        expect(theirs.seq).toBe(ours.sequence);
        expect(theirs.ack).toBe(ours.acknowledged);
        expect(theirs.id).toBe(ours.connectionId);
        expect(Buffer.compare(theirs.payload, ours.payload)).toBe(0);
      }),
    );
  });

  test('about which packets a selective ack tells of', () => {
    fc.assert(
      fc.property(number16, fc.uniqueArray(fc.integer({ min: 2, max: 60 }), { minLength: 1 }), (ack, ahead) => {
        const held = ahead.toSorted((a, b) => a - b).map((each) => (ack + each) & 0xffff);
        const extensions = [selectiveAckOf(ack, held)];
        const read = readPacket(writePacket({ type: types.state, id: 1, ack, extensions }))!;
        expect(selected(read)).toEqual(held);
        const mask = decodePacket(writePacket({ type: types.state, id: 1, ack, extensions })).selective!;
        expect(held.every((seq) => isSet(mask, (seq - ack - 2) & 0xffff))).toBe(true);
      }),
    );
  });
});

test('the probe agrees with @ferro/wire about holepunch messages', () => {
  fc.assert(
    fc.property(fc.constantFrom('rendezvous', 'connect'), fc.ipV4(), number16, (type, ip, port) => {
      const payload = encodeHolepunch({ type, address: { ip, port } });
      expect(readPunch(payload)).toEqual({ type: punches[type], at: { ip, port }, error: 0 });
      expect(decodeHolepunch(writePunch(7, { type: punches[type], at: { ip, port } }).subarray(6))).toEqual({
        type,
        address: { ip, port },
      });
    }),
  );
});

function isSet(mask: Uint8Array, bit: number): boolean {
  return (mask[bit >> 3]! & (1 << (bit & 7))) !== 0;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
