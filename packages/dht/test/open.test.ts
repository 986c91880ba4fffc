/** The node with promises, in simulated time (BEP 5, 33, 44, 46, 51). */
import { decode } from '@ferro/bencode';
import { formatAddress, Id20, utf8 } from '@ferro/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Simulation } from '../../sim/src/index.ts';
import { crawl, newKeyPair, type OpenDht, openDht, wellKnownRouters } from '../src/index.ts';

let world: Simulation;
let nodes: OpenDht[];
const infoHash = Id20.from('ab'.repeat(20));

/** Twelve nodes that know each other, the first of them by name. */
beforeEach(async () => {
  world = new Simulation({ seed: 1, link: { latency: 20 } });
  world.name('first.example', ['10.0.0.1']);
  nodes = [];
  for (let i = 1; i <= 12; i++) {
    const options = { port: 6881, ip: `10.0.0.${i}`, bootstrap: i === 1 ? [] : ['first.example:6881'] };
    nodes.push(await world.settle(openDht(world.host(`10.0.0.${i}`), options)));
    world.run(world.now + 1_000);
  }
  world.run(world.now + 60_000);
});

afterEach(async () => {
  for (const node of nodes) await node.close();
  world.run(world.now + 10_000);
  expect(world.pending).toBe(0);
});

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

test('BEP 5: announced peers come out of a loop', async () => {
  const { stored, target, refused } = await world.settle(nodes[3]!.announce(infoHash, 4242));
  expect([stored >= 8, target, refused]).toEqual([true, infoHash, undefined]);
  const peers = await world.settle(collect(nodes[8]!.peers(infoHash)));
  expect(peers).toEqual([{ ip: '10.0.0.4', port: 4242 }]);
});

test('BEP 5: the nodes nearest to a target are found', async () => {
  const distance = (id: Id20) => BigInt(`0x${id.hex}`) ^ BigInt(`0x${infoHash.hex}`);
  const ids = nodes.map(({ core }) => core.id()).sort((a, b) => (distance(a) < distance(b) ? -1 : 1));
  const found = await world.settle(nodes[6]!.find(infoHash));
  const others = ids.filter((id) => !id.equals(nodes[6]!.core.id()));
  expect(found.map(({ id }) => id.hex)).toEqual(others.slice(0, found.length).map(({ hex }) => hex));
  expect(found.length).toBe(8);
});

test('leaving the loop, a signal or close() ends the search', async () => {
  await world.settle(nodes[3]!.announce(infoHash, 4242));
  const loop = nodes[8]!.peers(infoHash);
  await world.settle(loop.next());
  await loop.return?.();
  expect(nodes[8]!.core.lookups).toEqual([]);

  const controller = new AbortController();
  const aborted = collect(nodes[8]!.peers(infoHash, { signal: controller.signal }));
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await expect(nodes[8]!.get(infoHash, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');

  const never = AbortSignal.abort(new Error('never'));
  await expect(collect(nodes[8]!.peers(infoHash, { signal: never }))).rejects.toThrow('never');

  const waiting = [
    nodes[9]!.ping({ ip: '10.9.9.9', port: 1 }),
    nodes[9]!.get(infoHash),
    collect(nodes[9]!.peers(infoHash)),
  ];
  const settled = Promise.allSettled(waiting);
  await nodes[9]!.close();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

test('BEP 33: a torrent is counted', async () => {
  for (const [i, node] of nodes.slice(0, 6).entries()) await world.settle(node.announce(infoHash, 1, { seed: i < 2 }));
  expect(await world.settle(nodes[10]!.scrape(infoHash))).toEqual({ seeds: 2, peers: 4 });
  expect(await world.settle(nodes[10]!.scrape(Id20.from('cd'.repeat(20))))).toBeUndefined();
});

test('BEP 44: a value is put under its hash, and another under a key', async () => {
  const { target, stored } = await world.settle(nodes[1]!.put({ hello: 'world' }));
  expect(stored).toBeGreaterThanOrEqual(8);
  const item = await world.settle(nodes[2]!.get(target));
  expect(item && decode(item.value)).toEqual({ hello: utf8('world') });
  expect(await world.settle(nodes[2]!.get(infoHash))).toBeUndefined();

  const { secretKey, publicKey } = newKeyPair(world.host('10.0.1.1'));
  const salt = utf8('a');
  for (const text of ['one', 'two']) {
    await world.settle(nodes[4]!.put(text, { secretKey, salt }));
    world.run(world.now + 60_000);
  }
  expect(await world.settle(nodes[5]!.get({ publicKey, salt }))).toMatchObject({ seq: 2n, value: utf8('3:two') });
  const { stored: none, refused } = await world.settle(nodes[6]!.put('old', { secretKey, salt, seq: 1n }));
  expect([none < 4, refused?.code]).toEqual([true, 302]);
});

test('BEP 44: anybody can keep another’s item alive', async () => {
  const { target } = await world.settle(nodes[1]!.put('kept'));
  const item = (await world.settle(nodes[2]!.get(target)))!;
  expect((await world.settle(nodes[2]!.putItem(item))).stored).toBeGreaterThanOrEqual(8);
});

test('BEP 46: a magnet link follows the torrent that its publisher names', async () => {
  const { secretKey, publicKey } = newKeyPair(world.host('10.0.1.1'));
  const link = `magnet:?xs=urn:btpk:${Buffer.from(publicKey).toString('hex')}`;
  expect(await world.settle(nodes[7]!.resolve(link))).toBeUndefined();
  for (const hash of ['aa', 'bb']) {
    const current = Id20.from(hash.repeat(20));
    await world.settle(nodes[1]!.publish(current, { secretKey }));
    expect((await world.settle(nodes[7]!.resolve(link)))?.hex).toBe(current.hex);
    world.run(world.now + 60_000);
  }
});

test('BEP 5: a ping tells id and time, or that nobody is there', async () => {
  const { id, roundTripMs } = await world.settle(nodes[1]!.ping(nodes[2]!.local));
  expect([id, roundTripMs >= 40]).toEqual([nodes[2]!.core.id(), true]);
  await expect(world.settle(nodes[1]!.ping({ ip: '10.9.9.9', port: 1 }))).rejects.toThrow(
    expect.objectContaining({ code: 'dht/timeout' }),
  );
});

test('BEP 51: the info-hashes of a node come out of a loop, further ones after its interval', async () => {
  const hashes = Array.from({ length: 30 }, (_, i) => Id20.from(i.toString(16).padStart(40, '0')));
  for (const [i, hash] of hashes.entries()) await world.settle(nodes[i % 12]!.announce(hash, 1));
  const keeper = [...nodes].sort((a, b) => b.core.stored.torrents - a.core.stored.torrents)[0]!;
  const asker = nodes.find((node) => node !== keeper)!;
  const once = await world.settle(collect(asker.sample(keeper.local)));
  expect(once).toHaveLength(20);
  const begin = world.now;
  const often = await world.settle(collect(asker.sample(keeper.local, { rounds: 5 })), 3_600_000);
  expect(often.length).toBeGreaterThan(20);
  expect(world.now - begin).toBeGreaterThan(60_000);
});

test('a crawl is a loop over the network', async () => {
  await world.settle(nodes[3]!.announce(infoHash, 4242));
  const found = await world.settle(
    collect(crawl(world.host('10.0.2.1'), { bootstrap: ['first.example:6881'], ip: '10.0.2.1' })),
  );
  expect(found.map((one) => one.infoHash)).toEqual([infoHash]);
  const loop = crawl(world.host('10.0.2.2'), {
    bootstrap: ['10.0.0.1:6881'],
    signal: AbortSignal.abort(new Error('no')),
  });
  await expect(world.settle(collect(loop))).rejects.toThrow('no');
});

test('a node starts again with what it had saved, and without anybody’s help', async () => {
  const saved = nodes[5]!.snapshot();
  const again = await world.settle(openDht(world.host('10.0.3.1'), { saved, bootstrap: [] }));
  nodes.push(again);
  world.run(world.now + 10_000);
  expect(again.core.id()).toEqual(nodes[5]!.core.id());
  expect(again.core.occupancy().reduce((a, b) => a + b)).toBeGreaterThan(3);
});

test('without other advice the well-known routers are asked, and not kept', async () => {
  for (const router of wellKnownRouters) world.name(router.split(':')[0]!, ['10.0.0.1']);
  world.name(wellKnownRouters[0]!.split(':')[0]!, []);
  const fresh = await world.settle(openDht(world.host('10.0.4.1')));
  nodes.push(fresh);
  world.run(world.now + 30_000);
  const known = fresh.core.occupancy().reduce((a, b) => a + b);
  expect(known).toBeGreaterThan(5);
});

test('a name that is no host:port, a port that is taken: the promise is rejected', async () => {
  await expect(openDht(world.host('10.0.5.1'), { bootstrap: ['nonsense'] })).rejects.toThrow(RangeError);
  const host = world.host('10.0.5.2');
  const first = await world.settle(openDht(host, { bootstrap: [], ip: '10.0.5.2', port: 7 }));
  nodes.push(first);
  await expect(world.settle(openDht(host, { bootstrap: [], ip: '10.0.5.2', port: 7 }))).rejects.toThrow();
  expect(formatAddress(first.local)).toBe('10.0.5.2:7');
});

test('await using closes the port', async () => {
  const host = world.host('10.0.6.1');
  for (let i = 0; i < 2; i++) {
    await using node = await world.settle(openDht(host, { bootstrap: [], ip: '10.0.6.1', port: 7 }));
    expect(node.local.port).toBe(7);
  }
});
