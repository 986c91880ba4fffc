/** openUdpTracker against our own server core in a simulated network that loses packets (BEP 15, BEP 41, BEP 7). */
import { expect, test } from 'vitest';
import { type Driven, driveDatagrams, encodeCompactList, type Host } from '../../core/src/index.ts';
import { Simulation } from '../../sim/src/index.ts';
import { openUdpTracker, UdpTrackerServer, type UdpTrackerServerEvent } from '../src/index.ts';
import { hash, request } from './world.ts';

const URL = 'udp://tracker.example:6969/announce?a=b';
const seen: UdpTrackerServerEvent[] = [];

/** A tracker that answers all announces with one peer, and counts a scrape by the hashes' bytes. */
function serve(host: Host): Driven {
  const server = new UdpTrackerServer(host);
  const run = driveDatagrams(host, { port: 6969 }, server, (events) => {
    for (const event of events) {
      seen.push({ ...event });
      if (event.type === 'announce') {
        const family = event.from.ip.includes(':') ? 6 : 4;
        const peer = { ip: family === 6 ? '2001:db8::99' : '192.0.2.99', port: 80 };
        if (event.infoHash[0] === 0xee) server.respondError(event, 'not here');
        else server.respondAnnounce(event, 900, 1, 2, encodeCompactList([peer], family));
      } else if (event.type === 'scrape') {
        const first = (i: number) => event.infoHashes[20 * i]!;
        const counts = Array.from({ length: event.count }, (_, i) => ({
          seeders: first(i),
          completed: 0,
          leechers: 0,
        }));
        server.respondScrape(event, counts);
      }
    }
  });
  return run;
}

function world(loss = 0) {
  const simulation = new Simulation({ seed: 4, link: { latency: 20, loss } });
  const client = simulation.host({ v4: '198.51.100.9', v6: '2001:db8::9' });
  simulation.name('tracker.example', ['203.0.113.1', '2001:db8::1']);
  serve(simulation.host({ v4: '203.0.113.1', v6: '2001:db8::1' }));
  return { simulation, client, open: () => simulation.settle(openUdpTracker(client)) };
}

test('BEP 15, BEP 41: an announce by URL, with path and query', async () => {
  const { simulation, open } = world();
  const tracker = await open();
  seen.length = 0;
  const response = await simulation.settle(tracker.announce(URL, request));
  expect(response).toEqual({ interval: 900, leechers: 1, seeders: 2, peers: [{ ip: '192.0.2.99', port: 80 }] });
  expect(seen).toMatchObject([{ type: 'announce', urlData: '/announce?a=b', port: 6881 }]);
});

test('BEP 7, announcing; BEP 15, IPv6: the family can be chosen', async () => {
  const { simulation, open } = world();
  const tracker = await open();
  const response = await simulation.settle(tracker.announce(URL, request, { family: 6 }));
  expect(response.peers).toEqual([{ ip: '2001:db8::99', port: 80 }]);
});

test('BEP 15, scrape: many hashes through a bad line', async () => {
  const { simulation, open } = world(0.1);
  const tracker = await open();
  const hashes = Array.from({ length: 100 }, (_, i) => hash(i));
  const counts = await simulation.settle(tracker.scrape(URL, hashes));
  expect(counts.map((count) => count?.seeders)).toEqual(hashes.map((_, i) => i));
});

test('BEP 15, errors: a refusal rejects with the words of the tracker', async () => {
  const { simulation, open } = world();
  const tracker = await open();
  const refused = simulation.settle(tracker.announce(URL, { ...request, infoHash: hash(0xee) }));
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'tracker-udp/refused', message: 'not here' }));
});

test('an aborted call rejects with its reason, and closing rejects what waits', async () => {
  const { simulation, open } = world(1);
  const tracker = await open();
  const abort = new AbortController();
  const aborted = tracker.announce(URL, request, { signal: abort.signal });
  const resolving = tracker.announce(URL, request);
  simulation.run(simulation.now + 1000);
  abort.abort(new Error('never mind'));
  await expect(aborted).rejects.toThrow('never mind');
  await expect(tracker.announce(URL, request, { signal: abort.signal })).rejects.toThrow('never mind');
  const late = tracker.scrape(URL, [hash(1)]);
  await tracker[Symbol.asyncDispose]();
  await expect(resolving).rejects.toThrow('closed');
  await expect(simulation.settle(late)).rejects.toThrow('closed');
  await expect(simulation.settle(tracker.announce(URL, request))).rejects.toThrow('closed');
});

test('a name without a permitted address, no name at all, and no URL: nobody is asked', async () => {
  const { simulation, open } = world();
  const tracker = await open();
  const ask = (url: string, permits = () => true) => simulation.settle(tracker.announce(url, request, { permits }));
  await expect(ask(URL, () => false)).rejects.toThrow('no address that may be asked');
  await expect(ask('udp://nobody.example:1')).rejects.toThrow();
  await expect(ask('udp://tracker.example/announce')).rejects.toThrow(
    expect.objectContaining({ code: 'tracker-udp/bad-url' }),
  );
});

test('misuse rejects', async () => {
  const { simulation, open } = world();
  const tracker = await open();
  await expect(simulation.settle(tracker.scrape(URL, []))).rejects.toThrow(RangeError);
});

test('a port that cannot be had rejects', async () => {
  const { simulation, client } = world();
  await simulation.settle(openUdpTracker(client, { ip: '198.51.100.9', port: 5000 }));
  await expect(simulation.settle(openUdpTracker(client, { ip: '198.51.100.9', port: 5000 }))).rejects.toThrow();
});
