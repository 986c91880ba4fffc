/** A crawl over a simulated network (BEP 51; BEP 43). */
import { type Address, Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { type CrawlEvent, Crawler, type CrawlOptions, decodeKrpc, limits, randomId } from '../src/index.ts';
import { Population } from './population.ts';

const home: Address = { ip: '99.1.1.1', port: 6881 };

function world() {
  const people = new Population(1);
  people.grow(40);
  const hashes = Array.from({ length: 25 }, () => {
    const infoHash = randomId(people.network.environment);
    const peer = people.random();
    people.finish(peer, peer.dht.announce(infoHash, 6881));
    return infoHash.hex;
  });
  return { people, hashes };
}

function start(people: Population, options: CrawlOptions = {}) {
  const crawler = new Crawler(people.network.environment, options);
  const events: CrawlEvent[] = [];
  const run = people.network.add(crawler, home, (happened) => events.push(...happened));
  crawler.start([people.nodes[0]!.address]);
  run.flush();
  return { crawler, events, run };
}

test('BEP 51: a crawl finds every info-hash, each once, and ends', () => {
  const { people, hashes } = world();
  const { events } = start(people);
  people.network.run(people.network.now + 120_000);
  const found = events.flatMap((event) => (event.type === 'sample' ? event.infoHashes : [])).map(({ hex }) => hex);
  expect(found.sort()).toEqual([...hashes].sort());
  expect(events.at(-1)).toMatchObject({ type: 'done', infoHashes: 25 });
  expect((events.at(-1) as { asked: number }).asked).toBeGreaterThanOrEqual(35);
});

test('a crawl goes on by a clock that does not stand still between two looks', () => {
  let time = 0;
  const { random } = new Population(1).network.environment;
  const environment = { now: () => (time += 0.001), random };
  const crawler = new Crawler(environment, { rate: 2 });
  crawler.start([1, 2, 3].map((i) => ({ ip: `10.0.0.${i}`, port: 6881 })));
  const asked: number[] = [];
  for (let ring = 0; ring < 9 && crawler.deadline < Number.POSITIVE_INFINITY; ring++) {
    time = Math.max(time, crawler.deadline);
    expect(environment.now(), 'what is due is seen to be due').toBeGreaterThanOrEqual(crawler.deadline);
    crawler.tick();
    asked.push(crawler.flush().length);
  }
  expect(asked.filter((count) => count > 0)).toEqual([2, 1]);
});

test('a crawl keeps to its rate', () => {
  const { people } = world();
  const { events } = start(people, { rate: 5 });
  const begin = people.network.now;
  people.network.run(begin + 600_000, () => events.some(({ type }) => type === 'done'));
  const { asked } = events.at(-1) as { asked: number };
  expect(asked / ((people.network.now - begin) / 1_000)).toBeLessThan(6);
});

test('BEP 43: a crawl asks read-only, and stays out of all tables', () => {
  const { people } = world();
  const crawler = new Crawler(people.network.environment);
  crawler.start([people.nodes[0]!.address]);
  const [first] = crawler.tick().length === 0 ? crawler.flush() : [];
  expect(decodeKrpc(first!.bytes)).toMatchObject({ method: 'sample_infohashes', readOnly: true });
  start(people);
  people.network.run(people.network.now + 120_000);
  const reader = people.random();
  const lookup = reader.dht.findNodes(Id20.from('00'.repeat(20)));
  people.finish(reader, lookup);
  expect(lookup.draw()).not.toContain(home.ip);
});

test('BEP 51: nodes that keep more than they show are asked again, when their interval is over', () => {
  const people = new Population(2);
  people.grow(4);
  for (let i = 0; i < 40; i++) {
    const peer = people.nodes[i % 4]!;
    people.finish(peer, peer.dht.announce(randomId(people.network.environment), 1));
  }
  const { events } = start(people, { again: true });
  const found = () => events.flatMap((event) => (event.type === 'sample' ? event.infoHashes : [])).length;
  people.network.run(people.network.now + 60_000);
  const first = found();
  expect(first).toBeLessThan(40);
  people.network.run(people.network.now + limits.sampleSeconds * 1_000 - 70_000);
  expect(found()).toBe(first);
  people.network.run(people.network.now + 5_000_000, () => found() === 40);
  expect(found()).toBe(40);
});

test('a crawl of nobody ends at once', () => {
  const people = new Population(3);
  const crawler = new Crawler(people.network.environment);
  crawler.start([]);
  expect(crawler.deadline).toBeLessThanOrEqual(people.network.now);
  expect(crawler.tick()).toEqual([{ type: 'done', asked: 0, answered: 0, infoHashes: 0 }]);
  expect(crawler.deadline).toBe(Number.POSITIVE_INFINITY);
});
