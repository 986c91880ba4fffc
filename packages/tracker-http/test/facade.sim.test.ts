/** announceHttp and scrapeHttp against good, odd and hostile trackers in a simulated network (BEP 3, trackers; BEP 48). */
import { expect, test } from 'vitest';
import { encode } from '../../bencode/src/index.ts';
import { familyOf, toHex } from '../../core/src/index.ts';
import { type Respond, Simulation } from '../../sim/src/index.ts';
import {
  announceHttp,
  encodeAnnounce,
  encodeFailure,
  encodeScrape,
  type HttpTrackerOptions,
  limits,
  parseTarget,
  scrapeHttp,
} from '../src/index.ts';
import { ascii, hash, request } from './world.ts';

const URL = 'http://tracker.example/announce';
const GLOBAL = '198.51.100.1';
const good = encodeAnnounce({
  interval: 900,
  complete: 1,
  incomplete: 2,
  peers: Uint8Array.from([192, 0, 2, 1, 0, 80]),
});

/** A client, and the trackers that are named and listen at these addresses. */
function world(respond: Respond, ips: readonly string[] = [GLOBAL]) {
  const simulation = new Simulation({ seed: 1 });
  const client = simulation.host({ v4: '198.51.100.9', v6: '2001:db8::9' });
  simulation.name('tracker.example', ips);
  for (const ip of ips) simulation.serve(ip, 80, respond);
  const announce = (options: HttpTrackerOptions = {}, url = URL) =>
    simulation.settle(announceHttp(client, url, request, options));
  return { simulation, client, announce };
}

const code = (name: string) => expect.objectContaining({ name: 'ProtocolError', code: `tracker-http/${name}` });

test('BEP 3, trackers: an announce reaches the tracker as it was meant, and the answer comes back', async () => {
  const targets: string[] = [];
  const { announce } = world(({ target }) => {
    targets.push(target);
    return { body: good };
  });
  const answer = await announce({ userAgent: 'Ferro/1' });
  expect(answer).toMatchObject({ type: 'answer', interval: 900, peers: [{ ip: '192.0.2.1', port: 80 }] });
  const query = parseTarget(ascii(targets[0]!));
  expect(query).toMatchObject({ type: 'announce', infoHash: request.infoHash.bytes, left: 3 });
});

test('BEP 31: a failure is an answer, whatever the status', async () => {
  const body = encodeFailure('go away', 'never');
  expect(await world(() => ({ body })).announce()).toEqual({ type: 'failure', reason: 'go away', retryIn: 'never' });
  expect(await world(() => ({ status: 403, body })).announce()).toMatchObject({ type: 'failure' });
});

test('an answer with another status is none', async () => {
  await expect(world(() => ({ status: 500, body: good })).announce()).rejects.toThrow(code('bad-status'));
  await expect(world(() => ({ status: 404, body: '<html>' })).announce()).rejects.toThrow(code('bad-status'));
  await expect(world(() => ({ body: '<html>' })).announce()).rejects.toThrow(code('not-bencoded'));
});

test('an answer that is too long is cut off', async () => {
  const body = encode({ interval: 1, peers: new Uint8Array(limits.responseLength + 1) });
  await expect(world(() => ({ body })).announce()).rejects.toThrow(code('answer-too-long'));
});

test('a silent tracker is left after the time-out, an aborted one at once, and nothing stays behind', async () => {
  const { simulation, announce } = world(() => undefined);
  await expect(announce({ timeoutMs: 5000 })).rejects.toThrow(code('timeout'));
  expect(simulation.now).toBeGreaterThanOrEqual(5000);
  expect(simulation.now).toBeLessThan(6000);
  const abort = new AbortController();
  const waiting = announce({ signal: abort.signal });
  abort.abort(new Error('never mind'));
  await expect(waiting).rejects.toThrow('never mind');
  await expect(announce({ signal: abort.signal })).rejects.toThrow('never mind');
});

test.each([
  'ftp://tracker.example/announce',
  'http://tracker.example/announce?info_hash=x',
  'http://xn--trcker-bua.example/announce',
])('%s is never asked', async (url) => {
  const asked: string[] = [];
  const { announce } = world(({ target }) => {
    asked.push(target);
    return { body: good };
  });
  await expect(announce({}, url)).rejects.toThrow(code('refused-url'));
  expect(asked).toEqual([]);
});

test('a name that stands for a machine at home is asked only where the rules allow it', async () => {
  await expect(world(() => ({ body: good }), ['169.254.169.254']).announce()).rejects.toThrow();
  expect(await world(() => ({ body: good }), ['192.168.1.5']).announce()).toMatchObject({ type: 'answer' });
});

test('redirects are followed among global addresses, and refused to local ones, also behind a name', async () => {
  const asked: string[] = [];
  const run = (location: string) => {
    const { simulation, announce } = world(({ target }) => {
      asked.push(target.replace(/\?.*/, ''));
      return { status: 302, headers: { location } };
    });
    simulation.name('other.example', ['198.51.100.2']);
    simulation.name('home.example', ['10.0.0.1']);
    for (const ip of ['198.51.100.2', '10.0.0.1']) {
      simulation.serve(ip, 80, ({ target }) => {
        asked.push(`${ip} ${target}`);
        return { body: good };
      });
    }
    return announce();
  };
  expect(await run('http://other.example/moved?x=1')).toMatchObject({ type: 'answer' });
  expect(asked).toEqual(['/announce', '198.51.100.2 /moved?x=1']);
  asked.length = 0;
  for (const to of [
    'http://10.0.0.1/announce',
    'http://home.example/announce',
    'http://127.0.0.1/announce',
    'file:///etc/passwd',
  ]) {
    await expect(run(to)).rejects.toThrow();
  }
  expect(asked).toEqual(['/announce', '/announce', '/announce', '/announce']);
});

test('a tracker that redirects in circles is left', async () => {
  let asked = 0;
  const { announce } = world(() => {
    asked++;
    return { status: 302, headers: { location: URL } };
  });
  await expect(announce()).rejects.toThrow(code('bad-status'));
  expect(asked).toBe(limits.redirects + 1);
});

test('BEP 7, announcing: one address family can be asked for', async () => {
  const from: string[] = [];
  const { announce } = world(
    (asked) => {
      from.push(asked.from.ip);
      return { body: good };
    },
    [GLOBAL, '2001:db8::1'],
  );
  await announce({ permits: ({ ip }) => familyOf(ip) === 6 });
  await announce({ permits: ({ ip }) => familyOf(ip) === 4 });
  expect(from).toEqual(['2001:db8::9', '198.51.100.9']);
});

test('BEP 48: many hashes are asked for in several requests and come back together', async () => {
  let asked = 0;
  const { simulation, client } = world(({ target }) => {
    asked++;
    const query = parseTarget(ascii(target));
    if (query?.type !== 'scrape') return { status: 404 };
    const counts = Array.from({ length: query.count }, (_, i) => ({
      complete: query.infoHashes[20 * i]!,
      downloaded: 0,
      incomplete: 0,
    }));
    return { body: encodeScrape(query.infoHashes, counts) };
  });
  const hashes = Array.from({ length: 200 }, (_, i) => hash(i));
  const answer = await simulation.settle(scrapeHttp(client, URL, hashes));
  if (answer.type !== 'answer') throw new Error('a failure');
  expect(asked).toBe(3);
  expect(hashes.map(({ bytes }) => answer.files.get(toHex(bytes))?.complete)).toEqual(hashes.map((_, i) => i));
});

test('BEP 48: a tracker without a scrape URL is not asked; a failure is the answer', async () => {
  const { simulation, client } = world(() => ({ body: encodeFailure('no scrapes') }));
  const scrape = (url: string) => simulation.settle(scrapeHttp(client, url, [hash(1)]));
  await expect(scrape('http://tracker.example/tracker')).rejects.toThrow(code('no-scrape'));
  expect(await scrape(URL)).toMatchObject({ type: 'failure', reason: 'no scrapes' });
});
