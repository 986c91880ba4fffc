/** Whose a datagram is (BEP 5; BEP 15; BEP 29). */
import { Id20 } from '@ferro/core';
import { encodeKrpc } from '@ferro/dht';
import { encodeErrorReply } from '@ferro/tracker-udp';
import { encodePacket, type PacketTypeName } from '@ferro/utp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tenantOf } from '../src/demux.ts';

test('BEP 5: what begins like a dictionary goes to the DHT', () => {
  const body = { id: Id20.from('ab'.repeat(20)).bytes };
  const query = encodeKrpc({ type: 'query', transaction: Uint8Array.of(1), method: 'ping', body, readOnly: false });
  expect(tenantOf(query)).toBe('dht');
});

test('BEP 29: every type of packet goes to uTP', () => {
  const types: readonly PacketTypeName[] = ['data', 'fin', 'state', 'reset', 'syn'];
  for (const type of types) {
    const rest = { connectionId: 1, timestamp: 0, timestampDifference: 0, window: 0, sequence: 1, acknowledged: 1 };
    expect(tenantOf(encodePacket({ type, ...rest, payload: new Uint8Array(0) })), type).toBe('utp');
  }
});

test('BEP 15: what begins with zeros goes to the trackers', () => {
  expect(tenantOf(encodeErrorReply(7, 'no', 100))).toBe('tracker');
});

test('nothing and nonsense have a place, and of the 256 first bytes six are not the trackers’', () => {
  expect(tenantOf(new Uint8Array(0))).toBe('tracker');
  const names = Array.from({ length: 256 }, (_, first) => tenantOf(Uint8Array.of(first)));
  expect(names.filter((name) => name === 'dht')).toHaveLength(1);
  expect(names.filter((name) => name === 'utp')).toHaveLength(5);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => ['dht', 'utp', 'tracker'].includes(tenantOf(bytes))));
});
