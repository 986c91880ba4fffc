import { expect, test } from 'vitest';
import { type Datagram, readU32 } from '../../core/src/index.ts';
import {
  decodeReply,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrapeReply,
  limits,
  UdpTrackerClient,
  UdpTrackerServer,
  writeAnnounceReply,
} from '../src/index.ts';
import { CLIENT, carry, hash, request, TRACKER, TRACKER6, World } from './world.ts';

const ID = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

function start(): { world: World; client: UdpTrackerClient } {
  const world = new World();
  return { world, client: new UdpTrackerClient(world) };
}

const actionOf = ({ bytes }: Datagram) => readU32(bytes, 8);
const transactionOf = ({ bytes }: Datagram) => readU32(bytes, 12);
const from = (bytes: Uint8Array, address = TRACKER): Datagram => ({ bytes, address });

/** Answers the connect that waits to be sent. */
function connect(client: UdpTrackerClient, tracker = TRACKER): void {
  const [sent] = client.flush();
  expect(actionOf(sent!)).toBe(0);
  expect(client.receive(from(encodeConnectReply(transactionOf(sent!), ID), tracker))).toEqual([]);
}

function announceReply(transaction: number, interval = 1800, peers: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(20 + peers.length);
  writeAnnounceReply(bytes, 0, transaction, interval, 1, 2);
  bytes.set(peers, 20);
  return bytes;
}

/** Lets time pass without answers; gives when and what the client sends. */
function silence(world: World, client: UdpTrackerClient, until: number): string[] {
  const sent: string[] = [];
  const look = () => {
    for (const datagram of client.flush()) sent.push(`${world.time / 1000}:${actionOf(datagram)}`);
  };
  look();
  while (client.deadline <= until) {
    world.time = client.deadline;
    for (const event of client.tick()) sent.push(`${world.time / 1000}:${event.type}`);
    look();
  }
  return sent;
}

test('BEP 15, examples: a normal announce is a connect and an announce', () => {
  const { client } = start();
  const id = client.announce(TRACKER, request);
  connect(client);
  const [sent] = client.flush();
  expect(actionOf(sent!)).toBe(1);
  expect(sent!.bytes.subarray(0, 8)).toEqual(ID);
  const events = client.receive(from(announceReply(transactionOf(sent!), 900, [192, 0, 2, 1, 0, 80])));
  const response = { interval: 900, leechers: 1, seeders: 2, peers: [{ ip: '192.0.2.1', port: 80 }] };
  expect(events).toEqual([{ type: 'announced', id, response }]);
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('BEP 15, examples: a connect that times out is sent at 0, 15, 45, 105 seconds and so on, then the request fails', () => {
  const { world, client } = start();
  client.announce(TRACKER, request);
  const times = [0, 15, 45, 105, 225, 465, 945, 1905, 3825].map((second) => `${second}:0`);
  expect(silence(world, client, Number.MAX_SAFE_INTEGER)).toEqual([...times, '7665:failed']);
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('BEP 15, examples: an announce that times out is repeated until its connection id expires, then a connect follows', () => {
  const { world, client } = start();
  client.announce(TRACKER, request);
  world.time = 1000;
  connect(client);
  world.time = 2000;
  expect(silence(world, client, 300_000)).toEqual(['2:1', '16:1', '46:1', '106:0', '226:0']);
});

test('BEP 15, time outs: the number of retransmissions can be set', () => {
  const world = new World();
  const client = new UdpTrackerClient(world, { retransmissions: 1, retransmitMs: 1000 });
  client.announce(TRACKER, request);
  expect(silence(world, client, 60_000)).toEqual(['0:0', '1:0', '3:failed']);
});

test('BEP 15, examples: requests share a connection id for a minute, and not longer', () => {
  const { world, client } = start();
  client.announce(TRACKER, request);
  client.announce(TRACKER, { ...request, infoHash: hash(9) });
  client.scrape(TRACKER, [hash(1)]);
  connect(client);
  expect(client.flush().map(actionOf)).toEqual([1, 1, 2]);
  world.time = limits.connectionLifeMs - 1;
  client.announce(TRACKER, request);
  expect(client.flush().map(actionOf)).toEqual([1]);
  world.time = limits.connectionLifeMs;
  client.announce(TRACKER, request);
  expect(client.flush().map(actionOf)).toEqual([0]);
});

test('one socket serves many trackers, each with its own connection id', () => {
  const { client } = start();
  client.announce(TRACKER, request);
  client.announce(TRACKER6, request);
  expect(client.flush().map(({ address }) => address)).toEqual([TRACKER, TRACKER6]);
});

test('BEP 15, IPv6: peers are 18 bytes long when the answer comes from an IPv6 address', () => {
  const { client } = start();
  client.announce(TRACKER6, request);
  connect(client, TRACKER6);
  const [sent] = client.flush();
  const peer = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 80];
  const events = client.receive(from(announceReply(transactionOf(sent!), 900, peer), TRACKER6));
  expect(events).toMatchObject([{ response: { peers: [{ ip: '2001:db8::9', port: 80 }] } }]);
});

test('BEP 15, scrape: 150 hashes go in packets of 74, and come back as one answer in order', () => {
  const { client } = start();
  const id = client.scrape(
    TRACKER,
    Array.from({ length: 150 }, (_, i) => hash(i)),
  );
  connect(client);
  const sent = client.flush();
  expect(sent.map(({ bytes }) => (bytes.length - 16) / 20)).toEqual([74, 74, 2]);
  const reply = (packet: number, first: number, count: number) =>
    client.receive(
      from(
        encodeScrapeReply(
          transactionOf(sent[packet]!),
          Array.from({ length: count }, (_, i) => ({ seeders: first + i, completed: 0, leechers: 0 })),
        ),
      ),
    );
  expect(reply(2, 148, 2)).toEqual([]);
  expect(reply(0, 0, 74)).toEqual([]);
  const [event] = reply(1, 74, 74);
  expect(event).toMatchObject({ type: 'scraped', id });
  const seeders = event?.type === 'scraped' ? event.counts.map((count) => count?.seeders) : [];
  expect(seeders).toEqual(Array.from({ length: 150 }, (_, i) => i));
});

test('BEP 15, scrape: an answer with too few counts leaves the others undefined', () => {
  const { client } = start();
  client.scrape(TRACKER, [hash(1), hash(2)]);
  connect(client);
  const [sent] = client.flush();
  const count = { seeders: 1, completed: 2, leechers: 3 };
  const events = client.receive(from(encodeScrapeReply(transactionOf(sent!), [count])));
  expect(events).toMatchObject([{ type: 'scraped', counts: [count, undefined] }]);
});

test('BEP 15, scrape: one lost packet fails the whole scrape, once', () => {
  const { world, client } = start();
  const id = client.scrape(
    TRACKER,
    Array.from({ length: 80 }, (_, i) => hash(i)),
  );
  connect(client);
  const [first] = client.flush();
  client.receive(from(encodeScrapeReply(transactionOf(first!), [])));
  const failures: unknown[] = [];
  while (client.deadline !== Number.POSITIVE_INFINITY) {
    world.time = client.deadline;
    failures.push(...client.tick());
  }
  expect(failures).toMatchObject([{ type: 'failed', id, reason: { code: 'tracker-udp/timeout' } }]);
});

test('BEP 15, errors: a refused announce fails with the words of the tracker', () => {
  const { client } = start();
  const id = client.announce(TRACKER, request);
  connect(client);
  const [sent] = client.flush();
  const events = client.receive(from(encodeErrorReply(transactionOf(sent!), 'unregistered torrent', 98)));
  expect(events).toMatchObject([
    { type: 'failed', id, reason: { code: 'tracker-udp/refused', message: 'unregistered torrent' } },
  ]);
});

test('BEP 15, errors: a refused connect fails everything that waited for it', () => {
  const { client } = start();
  client.announce(TRACKER, request);
  client.scrape(TRACKER, [hash(1)]);
  const [sent] = client.flush();
  const events = client.receive(from(encodeErrorReply(transactionOf(sent!), 'busy', 98)));
  expect(events.map((event) => event.type)).toEqual(['failed', 'failed']);
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('BEP 41: path and query go with the announce', () => {
  const { client } = start();
  const server = new UdpTrackerServer(new World(3));
  client.announce(TRACKER, request, '/announce?key=1');
  carry(client, CLIENT, server);
  carry(server, TRACKER, client);
  expect(carry(client, CLIENT, server)).toMatchObject([{ type: 'announce', urlData: '/announce?key=1' }]);
});

test('transaction ids are random, and differ between requests', () => {
  const { client } = start();
  for (let i = 0; i < 50; i++) client.announce({ ip: '203.0.113.1', port: 1000 + i }, request);
  const ids = client.flush().map(transactionOf);
  expect(new Set(ids).size).toBe(50);
  expect(ids.some((id) => id > 0xffff)).toBe(true);
});

test('transaction ids differ even where chance always says the same', () => {
  const client = new UdpTrackerClient({ now: () => 0, random: (bytes) => void bytes.fill(0xff) });
  client.announce(TRACKER, request);
  client.announce(TRACKER, request);
  connect(client);
  const ids = client.flush().map(transactionOf);
  expect(new Set(ids).size).toBe(2);
});

test.each<[string, string, (sent: Datagram) => Datagram]>([
  ['an empty datagram', 'tracker-udp/empty', () => from(new Uint8Array(0))],
  ['seven bytes', 'tracker-udp/too-short', () => from(new Uint8Array(7))],
  [
    'an answer from another address',
    'tracker-udp/wrong-source',
    (sent) => from(announceReply(transactionOf(sent)), { ip: '203.0.113.2', port: TRACKER.port }),
  ],
  [
    'an answer from another port',
    'tracker-udp/wrong-source',
    (sent) => from(announceReply(transactionOf(sent)), { ip: TRACKER.ip, port: 1 }),
  ],
  [
    'an answer with another transaction',
    'tracker-udp/unknown-transaction',
    (sent) => from(announceReply(transactionOf(sent) ^ 1)),
  ],
  [
    'a scrape answer to an announce',
    'tracker-udp/wrong-action',
    (sent) => from(encodeScrapeReply(transactionOf(sent), [])),
  ],
  [
    'a connect answer to an announce',
    'tracker-udp/wrong-action',
    (sent) => from(encodeConnectReply(transactionOf(sent), ID)),
  ],
  [
    '19 bytes of an announce',
    'tracker-udp/too-short',
    (sent) => from(announceReply(transactionOf(sent)).subarray(0, 19)),
  ],
  [
    'an undefined action',
    'tracker-udp/unknown-action',
    (sent) => from(Uint8Array.from([0, 0, 0, 9, ...sent.bytes.subarray(12, 16)])),
  ],
])('BEP 15: %s is ignored with %s, and the request goes on', (_, code, make) => {
  const { client } = start();
  const id = client.announce(TRACKER, request);
  connect(client);
  const [sent] = client.flush();
  expect(client.receive(make(sent!))).toMatchObject([{ type: 'ignored', reason: { code } }]);
  expect(client.receive(from(announceReply(transactionOf(sent!))))).toMatchObject([{ type: 'announced', id }]);
});

test('a second answer, or one after cancelling, is ignored', () => {
  const { client } = start();
  client.announce(TRACKER, request);
  const cancelled = client.announce(TRACKER, request);
  connect(client);
  const [first, second] = client.flush();
  client.cancel(cancelled);
  const answer = (sent: Datagram) => client.receive(from(announceReply(transactionOf(sent))))[0]?.type;
  expect(answer(first!)).toBe('announced');
  expect(answer(first!)).toBe('ignored');
  expect(answer(second!)).toBe('ignored');
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('cancelling the only request cancels its connect', () => {
  const { client } = start();
  client.cancel(client.announce(TRACKER, request));
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('a late answer to the first copy counts after a retransmission', () => {
  const { world, client } = start();
  const id = client.announce(TRACKER, request);
  connect(client);
  const [first] = client.flush();
  world.time = 15_000;
  client.tick();
  const [again] = client.flush();
  expect(transactionOf(again!)).toBe(transactionOf(first!));
  expect(client.receive(from(announceReply(transactionOf(first!))))).toMatchObject([{ type: 'announced', id }]);
});

test('misuse is told: no hashes, too many hashes, too many requests', () => {
  const { client } = start();
  expect(() => client.scrape(TRACKER, [])).toThrow(RangeError);
  expect(() => client.scrape(TRACKER, new Array(limits.scrapeHashesTotal + 1).fill(hash(1)))).toThrow(RangeError);
  expect(() => {
    for (let i = 0; i <= limits.pendingRequests; i++) client.announce(TRACKER, request);
  }).toThrow(RangeError);
});

test('what a tracker says is readable by the codec alone', () => {
  expect(decodeReply(announceReply(3), 4)).toMatchObject({ type: 'announce', transaction: 3 });
});
