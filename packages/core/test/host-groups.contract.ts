/** Multicast groups, as every host offers them. */
import { expect } from 'vitest';
import type { Address, DatagramSocket, Host } from '../src/index.ts';
import { type HostPair, noise, passes, type Scenario } from './host-pair.ts';

const GROUP = '239.192.77.11';

interface Member {
  readonly socket: DatagramSocket;
  readonly local: Address;
  readonly heard: { readonly first: number | undefined; readonly ip: string; readonly port: number }[];
}

async function bound(pair: HostPair, host: Host, at: Parameters<Host['bind']>[0]): Promise<Member> {
  const heard: Member['heard'] = [];
  let ready: Address | undefined;
  const socket = host.bind(at, {
    ready: (local) => {
      ready = local;
    },
    receive: (datagrams) => {
      for (const { bytes, address } of datagrams) heard.push({ first: bytes[0], ...address });
    },
  });
  await pair.until(() => ready !== undefined);
  return { socket, local: ready!, heard };
}

/** Members on both hosts, each on the network of its address, at one port. */
async function members(pair: HostPair): Promise<{ readonly a: Member; readonly b: Member; readonly ip: string }> {
  const ip = await addressOfA(pair);
  const a = await bound(pair, pair.a, { ip, port: 0, group: GROUP });
  const b = await bound(pair, pair.b, { ip: pair.v4, port: a.local.port, group: GROUP });
  return { a, b, ip };
}

/** The first host's own address, as the second sees it. */
async function addressOfA(pair: HostPair): Promise<string> {
  const from = await bound(pair, pair.a, { port: 0 });
  const at = await bound(pair, pair.b, { ip: pair.v4, port: 0 });
  await sends(pair, from, at.local, () => at.heard.length > 0);
  from.socket.close();
  at.socket.close();
  return at.heard[0]!.ip;
}

/** Sends until it has arrived: a network may lose a datagram, a test may not depend on one. */
async function sends(pair: HostPair, from: Member, address: Address, arrived: () => boolean): Promise<void> {
  for (let round = 0; !arrived() && round < 50; round++) {
    from.socket.send([{ bytes: noise(10), address }]);
    await passes(pair, 20);
  }
  expect(arrived()).toBe(true);
}

export function groupTests(scenario: Scenario): void {
  scenario('what is sent to a group comes to all who have joined it, the sender too, from the sender', async (pair) => {
    const { a, b, ip } = await members(pair);
    const to = { ip: GROUP, port: a.local.port };
    await sends(pair, a, to, () => a.heard.length > 0 && b.heard.length > 0);
    for (const heard of [a.heard[0]!, b.heard[0]!]) expect(heard).toEqual({ first: noise(1)[0], ...to, ip });
    const before = a.heard.length;
    await sends(pair, b, to, () => a.heard.length > before);
    expect(a.heard.at(-1)?.ip).toBe(pair.v4);
  });

  scenario('several on one host may join a group at one port, and each hears all', async (pair) => {
    const { a, b, ip } = await members(pair);
    const second = await bound(pair, pair.a, { ip, port: a.local.port, group: GROUP });
    await sends(pair, b, { ip: GROUP, port: a.local.port }, () => a.heard.length > 0 && second.heard.length > 0);
  });

  scenario('a member that has closed hears no more, the others do', async (pair) => {
    const { a, b, ip } = await members(pair);
    const second = await bound(pair, pair.a, { ip, port: a.local.port, group: GROUP });
    second.socket.close();
    await sends(pair, b, { ip: GROUP, port: a.local.port }, () => a.heard.length > 0);
    expect(second.heard).toEqual([]);
  });

  scenario('a member speaks with single hosts, too', async (pair) => {
    const { a } = await members(pair);
    const single = await bound(pair, pair.b, { ip: pair.v4, port: 0 });
    await sends(pair, a, single.local, () => single.heard.length > 0);
    expect(single.heard[0]!.port).toBe(a.local.port);
  });
}
