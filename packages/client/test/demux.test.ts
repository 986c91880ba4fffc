/** Whose a datagram is (BEP 5; BEP 15; BEP 29). */
import { type DatagramCore, Id20 } from '@ferro/core';
import { encodeKrpc } from '@ferro/dht';
import { encodeErrorReply } from '@ferro/tracker-udp';
import { encodePacket, type PacketTypeName } from '@ferro/utp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tenantOf } from '../src/demux.ts';
import { Engine } from '../src/engine.ts';
import { world } from './world.ts';

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

test('who gathers is told when a batch is over, and when a deadline was kept', () => {
  const sim = world({ seed: 1 });
  const engine = new Engine(sim.host('10.0.0.1'), { utp: false, dht: false });
  const told: string[] = [];
  let deadline = sim.now + 100;
  const core: DatagramCore<string> = {
    receive: () => ['packet'],
    tick: () => {
      deadline = Number.POSITIVE_INFINITY;
      return ['tick'];
    },
    get deadline() {
      return deadline;
    },
    flush: () => [],
  };
  const touch = engine.demux.add(
    'utp',
    core,
    (events) => told.push(...events),
    () => told.push('over'),
  );
  engine.step(() => {
    engine.demux.bind({ ip: '10.0.0.1', port: 7000 }, [4], () => {});
    engine.demux.open();
    touch();
  });
  sim.run(sim.now + 200);
  expect(told).toEqual(['tick', 'over']);
  const other = sim.host('10.0.0.2').bind({ port: 0 }, { receive() {} });
  const packet = { bytes: Uint8Array.of(1), address: { ip: '10.0.0.1', port: 7000 } };
  other.send([packet, packet]);
  sim.run(sim.now + 1000);
  expect(told.slice(2)).toEqual(expect.arrayContaining(['packet', 'over']));
  expect(told.at(-1)).toBe('over');
  engine.close();
});
