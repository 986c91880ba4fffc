/** Two nodes mouth to mouth (BEP 5; BEP 32). */
import { type Address, Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { Dht, type DhtEvent, isKrpc, limits } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

for (const [family, ips] of [
  [4, ['10.0.0.1', '10.0.0.2']],
  [6, ['fd00::1', 'fd00::2']],
] as const) {
  const meet = () => {
    const network = new MemoryNetwork(family);
    const pair = ips.map((ip) => {
      const dht = new Dht(network.environment);
      const address: Address = { ip, port: 6881 };
      const events: DhtEvent[] = [];
      return { dht, address, events, ...network.add(dht, address, (happened) => events.push(...happened)) };
    });
    const [a, b] = [pair[0]!, pair[1]!];
    a.dht.bootstrap([b.address]);
    a.flush();
    network.run(10_000);
    return { network, a, b };
  };

  test(`BEP 5, over IPv${family}: one asks the other, and then each knows the other`, () => {
    const { a, b } = meet();
    expect([a.dht.occupancy(family), b.dht.occupancy(family)]).toEqual([[1], [1]]);
    expect([a, b].map(({ dht }) => dht.occupancy(family === 4 ? 6 : 4))).toEqual([[0], [0]]);
    expect(a.events).toEqual([{ type: 'ready', family, nodes: 1 }]);
  });

  test(`BEP 5, over IPv${family}: what one announces the other keeps, and tells`, () => {
    const { network, a, b } = meet();
    const infoHash = Id20.from('cd'.repeat(20));
    a.dht.announce(infoHash, 4242, { family });
    a.flush();
    network.run(network.now + 10_000);
    expect(b.dht.stored).toMatchObject({ peers: 1, torrents: 1 });
    a.events.length = 0;
    a.dht.lookup(infoHash, { family });
    a.flush();
    network.run(network.now + 10_000);
    expect(a.events[0]).toMatchObject({ type: 'peers', peers: [{ ip: ips[0], port: 4242 }] });
  });

  test(`BEP 5, over IPv${family}: when one goes the other forgets it in the end, and rests`, () => {
    const { network, a, b } = meet();
    b.vanish();
    network.run(network.now + 6 * limits.questionableMs);
    expect(a.dht.occupancy(family)).toEqual([0]);
  });
}

test('every datagram of a node is known as one on a shared port', () => {
  const network = new MemoryNetwork(1);
  const dht = new Dht(network.environment);
  dht.bootstrap([{ ip: '10.0.0.1', port: 1 }]);
  dht.lookup(Id20.from('00'.repeat(20)));
  dht.query({ ip: '10.0.0.2', port: 1 }, 'foo');
  const sent = dht.flush();
  expect(sent.length).toBeGreaterThanOrEqual(3);
  for (const { bytes } of sent) expect(isKrpc(bytes)).toBe(true);
});
