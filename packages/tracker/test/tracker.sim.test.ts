/** openTracker() in a simulated network, asked by Ferro's own clients and by raw streams and datagrams (BEP 3, 7, 15, 48). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20, type Stream, utf8 } from '../../core/src/index.ts';
import { type SimulatedHost, Simulation } from '../../sim/src/index.ts';
import { announceHttp, announceUrl, scrapeHttp } from '../../tracker-http/src/index.ts';
import { encodeConnect, openUdpTracker } from '../../tracker-udp/src/index.ts';
import {
  openTracker,
  type StoreAnswer,
  type SwarmStore,
  type TrackerEvent,
  type TrackerOptions,
} from '../src/index.ts';

const HTTP = 'http://tracker.example:6969/announce';
const UDP = 'udp://tracker.example:6969/announce';
const at = { port: 6969 };
const hash = (byte: number) => Id20.from(new Uint8Array(20).fill(byte));
const request = { infoHash: hash(1), peerId: hash(2), port: 6881, uploaded: 0, downloaded: 0, left: 9 };

function world() {
  const simulation = new Simulation({ seed: 7, link: { latency: 10 } });
  const server = simulation.host({ v4: '203.0.113.1', v6: '2001:db8::1' });
  simulation.name('tracker.example', ['203.0.113.1', '2001:db8::1']);
  const client = (number: number) => simulation.host({ v4: `198.51.100.${number}`, v6: `2001:db8::1:${number}` });
  const events: TrackerEvent[] = [];
  const open = (options: TrackerOptions = { http: at, udp: at }) =>
    simulation.settle(openTracker(server, { on: (event) => events.push(event), ...options }));
  return { simulation, server, client, open, events };
}

/** Sends bytes to the HTTP port, and tells what came back so far and whether it ended. */
function raw(host: SimulatedHost) {
  const state = { text: '', ended: false, stream: undefined as unknown as Stream };
  state.stream = host.connect(
    { ip: '203.0.113.1', port: 6969 },
    {
      receive: (bytes) => {
        state.text += Buffer.from(bytes).toString('latin1');
      },
      ended: () => {
        state.ended = true;
      },
      closed: () => {
        state.ended = true;
      },
    },
  );
  return state;
}

const get = (path: string, more = '') => utf8(`GET ${path} HTTP/1.1\r\nHost: tracker.example\r\n${more}\r\n`);

test('BEP 3, BEP 15: peers of both protocols find each other, and a scrape counts them', async () => {
  const { simulation, client, open } = world();
  await open();
  const [one, two] = [client(1), client(2)];
  const first = await simulation.settle(announceHttp(one, HTTP, { ...request, left: 0 }));
  expect(first).toMatchObject({ complete: 1, incomplete: 0, interval: 1800 });
  const udp = await simulation.settle(openUdpTracker(two));
  const second = await simulation.settle(udp.announce(UDP, { ...request, port: 7000 }, { family: 4 }));
  expect(second).toMatchObject({ seeders: 1, leechers: 1, interval: 1800 });
  const third = await simulation.settle(udp.announce(UDP, { ...request, port: 7000 }, { family: 6 }));
  expect(third).toMatchObject({ seeders: 1, leechers: 2 });
  const counts = await simulation.settle(udp.scrape(UDP, [request.infoHash, hash(9)]));
  expect(counts).toEqual([
    { seeders: 1, completed: 0, leechers: 2 },
    { seeders: 0, completed: 0, leechers: 0 },
  ]);
  const scraped = await simulation.settle(scrapeHttp(one, HTTP, [request.infoHash]));
  expect(scraped).toMatchObject({ type: 'answer' });
  udp.close();
});

test('BEP 7, peers6: over HTTP a peer learns the addresses of both families, and its own (BEP 24)', async () => {
  const { simulation, client, open } = world();
  await open();
  const udp = await simulation.settle(openUdpTracker(client(2)));
  await simulation.settle(udp.announce(UDP, request, { family: 4 }));
  await simulation.settle(udp.announce(UDP, request, { family: 6 }));
  const answer = await simulation.settle(announceHttp(client(3), HTTP, request));
  if (answer.type === 'failure') throw new Error(answer.reason);
  expect(answer.peers.map(({ ip }) => ip).sort()).toEqual(['198.51.100.2', '2001:db8::1:2']);
  expect(['198.51.100.3', '2001:db8::1:3']).toContain((answer as { externalIp?: string }).externalIp);
  udp.close();
});

test('BEP 23: who asks for the long form gets it; the claimed address is not believed', async () => {
  const { simulation, client, open } = world();
  await open();
  const path = announceUrl('/announce', { ...request, left: 0 }).replace('compact=1', 'compact=0');
  const one = raw(client(1));
  one.stream.write([get(`${path}&ip=192.0.2.66`)]);
  simulation.run(() => one.text.includes('5:peers'));
  const two = raw(client(2));
  two.stream.write([get(announceUrl('/announce', { ...request, left: 9 }).replace('compact=1', 'compact=0'))]);
  simulation.run(() => two.text.includes('5:peers'));
  expect(two.text).toContain('5:peersld2:ip12:198.51.100.14:porti6881eee');
  one.stream.close();
  two.stream.close();
});

test('BEP 27, BEP 31: lists decide what is served, are read again, and a bad one changes nothing', async () => {
  const { simulation, server, client, open, events } = world();
  const write = (path: string, text: string) =>
    simulation.settle(new Promise<void>((resolve) => server.replaceFile(path, utf8(text), () => resolve())));
  await write('allow', `# ours\n${hash(1).hex.toUpperCase()} # the first\n\n${hash(3).hex}\n`);
  await write('deny', `${hash(3).hex}\n`);
  await open({ http: at, udp: at, allow: 'allow', deny: 'deny' });
  const one = client(1);
  const ask = (infoHash: Id20) => simulation.settle(announceHttp(one, HTTP, { ...request, infoHash }));
  expect((await ask(hash(1))).type).toBe('answer');
  expect(await ask(hash(2))).toMatchObject({ type: 'failure', retryIn: 'never' });
  expect((await ask(hash(3))).type).toBe('failure');
  const udp = await simulation.settle(openUdpTracker(client(9)));
  const refused = simulation.settle(udp.announce(UDP, { ...request, infoHash: hash(2) }, { family: 4 }));
  await expect(refused).rejects.toThrow('does not serve');
  udp.close();
  await write('allow', 'no hash\n');
  simulation.run(simulation.now + 6000);
  expect((await ask(hash(1))).type).toBe('answer');
  expect(events.filter(({ type }) => type === 'list-failed')).toHaveLength(1);
  await write('allow', `${hash(2).hex}\n`);
  simulation.run(simulation.now + 6000);
  expect((await ask(hash(1))).type).toBe('failure');
  expect((await ask(hash(2))).type).toBe('answer');
});

test('statistics: a page, JSON and metrics, and 404 for the rest', async () => {
  const { simulation, client, open } = world();
  const tracker = await open();
  await simulation.settle(announceHttp(client(1), HTTP, { ...request, left: 0 }));
  const one = raw(client(2));
  one.stream.write([get('/stats.json'), get('/metrics'), get('/stats'), get('/etc/passwd')]);
  simulation.run(() => one.text.includes('nothing here'));
  expect(one.text).toContain('"swarms":1,"seeders":1,"leechers":0');
  expect(one.text).toContain('ferro_tracker_peers{role="seeder"} 1\n');
  expect(one.text).toContain('<tr><th>Announces over HTTP<td>1');
  expect(one.text).toContain('HTTP/1.1 404 ');
  expect(tracker.stats()).toMatchObject({ announcesHttp: 1, connections: 1 });
  one.stream.close();
});

test('HTTP: pipelined questions are answered in order; who has said all is answered still', async () => {
  const { simulation, client, open } = world();
  await open();
  const one = raw(client(1));
  const path = announceUrl('/announce', request);
  one.stream.write([get('/a'), get(path), get('/scrape'), get('/b')]);
  one.stream.end();
  simulation.run(() => one.ended);
  expect(one.text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  expect(one.text).toContain('no scrape of all');
});

test('HTTP: slow heads, huge heads and idle connections are let go, and leave nothing behind', async () => {
  const { simulation, client, open } = world();
  const tracker = await open();
  const [slow, huge, idle] = [raw(client(1)), raw(client(2)), raw(client(3))];
  slow.stream.write([utf8('GET /ann')]);
  for (let i = 0; i < 20; i++) huge.stream.write([utf8(i === 0 ? 'GET /announce HTTP/1.1\r\nA: ' : 'a'.repeat(1000))]);
  for (let second = 0; second < 12; second++) {
    simulation.run(simulation.now + 1000);
    if (!slow.ended) slow.stream.write([utf8('x')]);
  }
  expect(huge.text).toContain('HTTP/1.1 431');
  simulation.run(simulation.now + 40_000);
  expect([slow.ended, huge.ended, idle.ended]).toEqual([true, true, true]);
  expect(tracker.stats().connections).toBe(0);
});

test('HTTP: one address has so many connections and no more', async () => {
  const { simulation, client, open } = world();
  const tracker = await open();
  const [greedy, other] = [client(1), client(2)];
  const streams = Array.from({ length: 1010 }, () => raw(greedy));
  simulation.run(simulation.now + 1000);
  expect(tracker.stats().connections).toBe(1000);
  raw(other);
  simulation.run(simulation.now + 1000);
  expect(tracker.stats().connections).toBe(1001);
  for (const { stream } of streams) stream.close();
  simulation.run(simulation.now + 1000);
  expect(tracker.stats().connections).toBe(1);
});

test('whatever comes over HTTP or UDP: the tracker answers the next one', async () => {
  const { simulation, client, open } = world();
  const tracker = await open();
  const host = client(1);
  const socket = host.bind({ port: 5000 }, { receive() {} });
  const word = fc.constantFrom(
    'info_hash=',
    'peer_id=',
    '%',
    '%zz',
    '&',
    '=',
    'port=-1',
    'left=1e9',
    'a'.repeat(20),
    '\0',
  );
  const path = fc.tuple(fc.constantFrom('/announce?', '/scrape?', '/'), fc.array(word)).map(([p, w]) => p + w.join(''));
  fc.assert(
    fc.property(path, fc.uint8Array({ maxLength: 200 }), fc.nat(3), (target, bytes, action) => {
      const datagram = bytes.slice();
      if (datagram.length >= 16) datagram.set([0, 0, 0, action], 8);
      socket.send([{ bytes: datagram, address: { ip: '203.0.113.1', port: 6969 } }]);
      const [asks, garbage] = [raw(host), raw(host)];
      asks.stream.write([get(target, 'Connection: close\r\n')]);
      garbage.stream.write([bytes.length === 0 ? new Uint8Array(1) : bytes]);
      garbage.stream.end();
      simulation.run(() => asks.ended && garbage.ended, 60_000);
      expect(asks.text).toMatch(/^HTTP\/1.1 (200|400|404)/);
      asks.stream.close();
    }),
    { numRuns: 100 },
  );
  expect((await simulation.settle(announceHttp(host, HTTP, request))).type).toBe('answer');
  simulation.run(simulation.now + 40_000);
  expect(tracker.stats().connections).toBe(0);
});

test('BEP 15: no answer without a connection id of ours is longer than its question', async () => {
  const { simulation, client, open } = world();
  await open();
  let answered = 0;
  const socket = client(1).bind(
    { port: 5000 },
    {
      receive: (datagrams) => {
        for (const { bytes } of datagrams) answered += bytes.length;
      },
    },
  );
  const to = { ip: '203.0.113.1', port: 6969 };
  const forged = new Uint8Array(98).fill(7);
  forged.set([0, 0, 0, 1], 8);
  socket.send([
    { bytes: encodeConnect(5), address: to },
    { bytes: forged, address: to },
    { bytes: new Uint8Array(0), address: to },
  ]);
  simulation.run(simulation.now + 1000);
  expect(answered).toBe(16);
});

test('a store that is away is an error for clients; closing answers what is in flight', async () => {
  const { simulation, client, open, events } = world();
  const asked: ((answer: StoreAnswer) => void)[] = [];
  let away = true;
  const store: SwarmStore = {
    announce(_announce, done) {
      if (away) done({ type: 'failed', reason: 'gone' });
      else asked.push(done);
    },
    scrape: (_hashes, _count, done) => done({ type: 'failed', reason: 'gone' }),
    totals: () => ({ swarms: undefined, seeders: undefined, leechers: undefined }),
    close() {},
  };
  const tracker = await open({ http: at, udp: at, store });
  const one = client(1);
  expect(await simulation.settle(announceHttp(one, HTTP, request))).toMatchObject({ type: 'failure' });
  expect(await simulation.settle(scrapeHttp(one, HTTP, [hash(1)]))).toMatchObject({ type: 'failure' });
  const udp = await simulation.settle(openUdpTracker(one));
  await expect(simulation.settle(udp.announce(UDP, request, { family: 4 }))).rejects.toThrow('try again later');
  away = false;
  const waiting = [announceHttp(one, HTTP, request), udp.announce(UDP, request, { family: 4 })];
  simulation.run(() => asked.length === 2);
  const closed = tracker.close();
  simulation.run(simulation.now + 500);
  const nothing = new Uint8Array(0);
  const counts = { seeders: 4, leechers: 5, paused: 0, completed: 0 };
  for (const done of asked) done({ type: 'answer', ...counts, peers: nothing, peers6: nothing, full: false });
  const answers = await simulation.settle(Promise.all(waiting));
  expect(answers).toMatchObject([
    { complete: 4, incomplete: 5 },
    { seeders: 4, leechers: 5 },
  ]);
  await simulation.settle(closed);
  expect(events.at(-1)).toEqual({ type: 'closed' });
  expect(tracker.stats()).toMatchObject({ storeFailures: 3, errors: 3 });
  udp.close();
});

test('a port that is taken rejects, and misuse throws', async () => {
  const { simulation, server, open } = world();
  await open();
  await expect(simulation.settle(openTracker(server, { udp: at }))).rejects.toThrow();
  await expect(openTracker(server, {})).rejects.toThrow(TypeError);
  await expect(openTracker(server, { udp: at, interval: 0 })).rejects.toThrow(RangeError);
});
