import { networkInterfaces } from 'node:os';
import type { Address, Host } from '@ferro/core';
import { expect, test } from 'vitest';
import { nodeHost } from '../src/index.ts';
import { until } from './until.ts';

async function bound(host: Host, at: Parameters<Host['bind']>[0]) {
  const box: { local?: Address; error?: Error; batches: number[]; from: string[]; ports: number[] } = {
    batches: [],
    from: [],
    ports: [],
  };
  const socket = host.bind(at, {
    ready: (local) => {
      box.local = local;
    },
    failed: (error) => {
      box.error = error;
    },
    receive: (datagrams) => {
      box.batches.push(datagrams.length);
      box.from.push(...datagrams.map(({ address }) => address.ip));
      box.ports.push(...datagrams.map(({ address }) => address.port));
    },
  });
  await until(() => box.local !== undefined || box.error !== undefined);
  return { socket, box };
}

test('without an address both families have the same port', async () => {
  await using host = nodeHost();
  const one = await bound(host, { port: 0 });
  const { port } = one.box.local!;
  const sender = await bound(host, { port: 0 });
  for (let round = 0; new Set(one.box.from).size < 2 && round < 100; round++) {
    sender.socket.send([
      { bytes: Uint8Array.of(4), address: { ip: '127.0.0.1', port } },
      { bytes: Uint8Array.of(6), address: { ip: '::1', port } },
    ]);
    await until(() => one.box.from.length > round);
  }
  expect([...new Set(one.box.from)].sort()).toEqual(['127.0.0.1', '::1']);
});

test('packets of two senders by turns keep their addresses', async () => {
  await using host = nodeHost();
  const one = await bound(host, { ip: '127.0.0.1', port: 0 });
  const senders = [await bound(host, { ip: '127.0.0.1', port: 0 }), await bound(host, { ip: '127.0.0.1', port: 0 })];
  const address = one.box.local!;
  for (let turn = 0; turn < 10; turn++) {
    senders[turn % 2]!.socket.send([{ bytes: Uint8Array.of(turn), address }]);
    await until(() => one.box.ports.length > turn);
  }
  const ports = senders.map(({ box }) => box.local!.port);
  expect(one.box.ports).toEqual(Array.from({ length: 10 }, (_, turn) => ports[turn % 2]));
});

test('what arrives in one turn is one batch', async () => {
  await using host = nodeHost();
  const one = await bound(host, { ip: '127.0.0.1', port: 0 });
  const sender = await bound(host, { ip: '127.0.0.1', port: 0 });
  const address = one.box.local!;
  sender.socket.send(Array.from({ length: 200 }, () => ({ bytes: new Uint8Array(10), address })));
  await until(() => one.box.from.length === 200);
  expect(Math.max(...one.box.batches)).toBeGreaterThan(1);
  expect(Math.max(...one.box.batches)).toBeLessThanOrEqual(64);
});

test('a port that is shared can be had twice, one that is not cannot', async () => {
  await using host = nodeHost();
  const first = await bound(host, { ip: '127.0.0.1', port: 0, share: true });
  const { port } = first.box.local!;
  expect((await bound(host, { ip: '127.0.0.1', port, share: true })).box.error).toBeUndefined();
  expect((await bound(host, { ip: '127.0.0.1', port })).box.error).toBeInstanceOf(Error);
});

test('a multicast group is joined, by several on one port (BEP 14)', async () => {
  await using host = nodeHost();
  const group = '239.192.152.143';
  const first = await bound(host, { port: 0, group });
  expect(first.box.error).toBeUndefined();
  const second = await bound(host, { port: first.box.local!.port, group });
  expect(second.box.error).toBeUndefined();
});

test('a group that is none fails', async () => {
  await using host = nodeHost();
  expect((await bound(host, { port: 0, group: '127.0.0.1' })).box.error).toBeInstanceOf(Error);
});

/** Two members of a group on all networks, and nothing that leaves the machine: whether the second hears the first as wanted. */
async function hearsInGroup(group: string, asWanted: (ip: string) => boolean): Promise<boolean> {
  await using host = nodeHost();
  const first = await bound(host, { port: 0, group, hops: 0 });
  const { port } = first.box.local!;
  const second = await bound(host, { port, group, hops: 0 });
  for (let round = 1; !second.box.from.some(asWanted) && round < 50; round++) {
    first.socket.send([{ bytes: Uint8Array.of(1), address: { ip: group, port } }]);
    await until(() => first.box.from.length >= round);
  }
  return second.box.from.some(asWanted);
}

test('a group is joined, and sent to, on all networks of the machine (BEP 14)', async () => {
  // The system would have sent it on one network, which is not that of the machine itself.
  expect(await hearsInGroup('239.192.152.144', (ip) => ip === '127.0.0.1')).toBe(true);
});

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ family, internal }) => family === 'IPv6' && !internal),
);

test.runIf(HAS_IPV6)('… and so is one of IPv6 (if the machine has IPv6 beyond loopback)', async () => {
  expect(await hearsInGroup('ff15::efc0:9890', (ip) => ip.includes(':'))).toBe(true);
});
