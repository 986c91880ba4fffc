/** downloadFromWeb from servers of all kinds in a simulated network (BEP 19; BEP 17). */
import { expect, test } from 'vitest';
import { equalBytes, Id20, utf8 } from '../../core/src/index.ts';
import { files, type Link, type Respond, Simulation } from '../../sim/src/index.ts';
import { downloadFromWeb, limits, type SeedLayout, type WebDownloadOptions, type WebTorrent } from '../src/index.ts';
import { contentOf, layoutOf, pieceOf } from './world.ts';

const layout = layoutOf(
  [
    { path: ['torrent', 'a b'], length: 400_000 },
    { path: ['torrent', 'empty'], length: 0 },
    { path: ['.pad', '59_008'], length: 58_752, padding: true },
    { path: ['torrent', 'c'], length: 1_000_000 },
  ],
  65_536,
);
const infoHash = Id20.from('9cd9698af555751a9186ae066c57ea21572335e0');

/** Files by path, as a web server would have them. */
function bodiesOf(content: SeedLayout): Record<string, Uint8Array> {
  return Object.fromEntries(
    content.files.map(({ path, length }, file) => [
      `/${path.map(encodeURIComponent).join('/')}`,
      contentOf(file, length),
    ]),
  );
}

const mirror = files(bodiesOf(layout));
const liar = files({ ...bodiesOf(layout), '/torrent/c': new Uint8Array(1_000_000) });
const rangeless: Respond = ({ headers: { range: _, ...headers }, ...request }) => mirror({ ...request, headers });
const script: Respond = ({ target }) => {
  const [, piece = '', from, to] = /&piece=(\d+)(?:&ranges=(\d+)-(\d+))?$/.exec(target) ?? [];
  const body = pieceOf(layout, Number(piece));
  return { body: from === undefined ? body : body.subarray(Number(from), Number(to) + 1) };
};

/** A client, and servers by IP address: what each of them was asked. */
function world(servers: Readonly<Record<string, Respond>>, link: Link = {}) {
  const simulation = new Simulation({ seed: 1, link });
  const asked: Record<string, string[]> = {};
  for (const [ip, respond] of Object.entries(servers)) {
    asked[ip] = [];
    simulation.serve(ip, 80, (request) => {
      asked[ip]!.push(request.target);
      return respond(request);
    });
  }
  const host = simulation.host('203.0.113.9');
  async function collect(torrent: Partial<WebTorrent>, options?: WebDownloadOptions): Promise<Set<number>> {
    const verify = (piece: number, bytes: Uint8Array) => equalBytes(bytes, pieceOf(layout, piece));
    const came = new Set<number>();
    for await (const { piece } of downloadFromWeb(host, { layout, verify, ...torrent }, options)) came.add(piece);
    return came;
  }
  const download = (torrent: Partial<WebTorrent>, options?: WebDownloadOptions) =>
    simulation.settle(collect(torrent, options));
  return { simulation, asked, download };
}

const [A, B] = ['203.0.113.1', '203.0.113.2'];
const url = (ip: string) => `http://${ip}/`;
const code = (name: string) => expect.objectContaining({ code: `webseed/${name}` });

test('BEP 19: every piece comes from one server, in few requests, and nothing stays behind', async () => {
  const { simulation, asked, download } = world({ [A]: mirror });
  expect((await download({ webSeeds: [url(A)] })).size).toBe(layout.pieceCount);
  expect(asked[A]!.every((target) => ['/torrent/a%20b', '/torrent/c'].includes(target))).toBe(true);
  expect(asked[A]!.length).toBeLessThan(6);
  expect(simulation.run(Number.POSITIVE_INFINITY)).toBe(true);
});

test('BEP 19: several servers share the work', async () => {
  const { asked, download } = world({ [A]: mirror, [B]: mirror }, { latency: 20, rate: 200_000 });
  expect((await download({ webSeeds: [url(A), url(B)] })).size).toBe(layout.pieceCount);
  expect(asked[A]!.length).toBeGreaterThan(0);
  expect(asked[B]!.length).toBeGreaterThan(0);
});

test('BEP 19: a server that lies about one file is dropped, and the others do the rest', async () => {
  const { download } = world({ [A]: liar, [B]: mirror });
  expect((await download({ webSeeds: [url(A), url(B)] })).size).toBe(layout.pieceCount);
  await expect(world({ [A]: liar }).download({ webSeeds: [url(A)] })).rejects.toEqual(code('bad-hash'));
});

test('a server without ranges is read from front to back, once a file', async () => {
  const { asked, download } = world({ [A]: rangeless });
  expect((await download({ webSeeds: [url(A)] })).size).toBe(layout.pieceCount);
  expect(asked[A]!.length).toBeLessThan(6);
});

test('BEP 17: a script serves the pieces, and says when it is busy', async () => {
  let busy = 3;
  const { simulation, asked, download } = world({
    [A]: (request) => (busy-- > 0 ? { status: 503, body: '45' } : script(request)),
  });
  const torrent = { httpSeeds: [`${url(A)}seed.php`], infoHash };
  expect((await download(torrent)).size).toBe(layout.pieceCount);
  expect(asked[A]![0]).toMatch(/^\/seed\.php\?info_hash=%9C%D9%69.*&piece=0$/);
  expect(simulation.now).toBeGreaterThanOrEqual(3 * 45_000);
});

test('what one server lacks another one has', async () => {
  const bodies = bodiesOf(layout);
  const half = (path: string) => files({ [path]: bodies[path]! });
  const { download } = world({ [A]: half('/torrent/a%20b'), [B]: half('/torrent/c') });
  expect((await download({ webSeeds: [url(A), url(B)] })).size).toBe(layout.pieceCount);
  const { download: alone } = world({ [A]: half('/torrent/c') });
  await expect(alone({ webSeeds: [url(A)] })).rejects.toEqual(code('nothing-there'));
});

test('a silent server is left for another one', async () => {
  const { simulation, download } = world({ [A]: () => undefined, [B]: mirror });
  expect((await download({ webSeeds: [url(A), url(B)] })).size).toBe(layout.pieceCount);
  expect(simulation.now).toBeLessThan(2 * limits.answerMs);
});

test('redirects are followed, but not from far away to a machine nearby', async () => {
  const moved =
    (to: string): Respond =>
    ({ target }) => ({ status: 302, headers: { location: `${to}${target}` } });
  const { download } = world({ [A]: moved(`http://${B}`), [B]: mirror });
  expect((await download({ webSeeds: [url(A)] })).size).toBe(layout.pieceCount);
  const inner = world({ [A]: moved('http://192.168.0.2'), [B]: mirror, '192.168.0.2': mirror });
  expect((await inner.download({ webSeeds: [url(A), url(B)] })).size).toBe(layout.pieceCount);
  expect(inner.asked['192.168.0.2']).toEqual([]);
});

test('a name that leads to a machine nearby is asked without a query only', async () => {
  const { simulation, asked, download } = world({ '192.168.0.2': mirror, [B]: mirror });
  simulation.name('nas.example', ['192.168.0.2']);
  await download({ webSeeds: ['http://nas.example/?delete=', url(B)] });
  expect(asked['192.168.0.2']).toEqual([]);
  await download({ webSeeds: ['http://nas.example/'] });
  expect(asked['192.168.0.2']).not.toEqual([]);
});

test('what the owner refuses is not asked', async () => {
  const { asked, download } = world({ [A]: mirror, [B]: mirror });
  const permits = ({ ip }: { readonly ip: string }) => ip !== A;
  expect((await download({ webSeeds: [url(A), url(B)] }, { permits })).size).toBe(layout.pieceCount);
  expect(asked[A]).toEqual([]);
});

test('a piece of which one part fails is asked for as a whole again, while the other part is still on its way', async () => {
  const mixed = layoutOf(
    [
      { path: ['torrent', 'moody'], length: 100 },
      { path: ['torrent', 'slow'], length: 1_000_000 },
    ],
    1 << 20,
  );
  const site = files(bodiesOf(mixed));
  let failures = 0;
  const moody: Respond = (request) =>
    request.target.endsWith('moody') && failures++ === 0 ? { status: 500 } : site(request);
  const { download } = world({ [A]: moody }, { rate: 205_000, latency: 10 });
  const verify = (piece: number, bytes: Uint8Array) => equalBytes(bytes, pieceOf(mixed, piece));
  expect([...(await download({ layout: mixed, verify, webSeeds: [url(A)] }))]).toEqual([0]);
  expect(failures).toBe(2);
});

test('who reads slowly is not sent more than memory allows', async () => {
  const mebibyte = 1 << 20;
  const large = layoutOf([{ path: ['large'], length: 120 * mebibyte }], 4 * mebibyte);
  const { simulation } = world({});
  const body = new Uint8Array(120 * mebibyte);
  let asked = 0;
  simulation.serve(A, 80, (request) => {
    asked = Math.max(asked, Number(request.headers['range']?.split('-')[1]));
    return files({ '/large': body })(request);
  });
  const torrent = { layout: large, webSeeds: [url(A)], verify: () => true };
  const pieces = downloadFromWeb(simulation.host('203.0.113.8'), torrent);
  await simulation.settle(pieces.next());
  simulation.run(simulation.now + 10_000);
  expect(asked).toBeGreaterThan(limits.outstandingBytes);
  expect(asked).toBeLessThan(2.5 * limits.outstandingBytes);
  await simulation.settle(pieces.return());
});

test('URLs that cannot be ones are passed over', async () => {
  const { download } = world({ [A]: mirror });
  expect((await download({ webSeeds: ['ftp://a/', 'nonsense', url(A)] })).size).toBe(layout.pieceCount);
  await expect(download({ webSeeds: ['ftp://a/'] })).rejects.toEqual(code('nothing-there'));
});

test('an aborted download stops at once and lets go of its servers', async () => {
  const { simulation, download } = world({ [A]: () => undefined });
  const abort = new AbortController();
  const waiting = download({ webSeeds: [url(A)] }, { signal: abort.signal });
  abort.abort(new Error('never mind'));
  await expect(waiting).rejects.toThrow('never mind');
  expect(simulation.run(Number.POSITIVE_INFINITY)).toBe(true);
});

test('a server that fails now and then delays what it has, and changes nothing of it', async () => {
  let count = 0;
  const moody: Respond = (request) => {
    count++;
    if (count % 3 === 1) return { status: 500, body: utf8('try again') };
    const answer = mirror(request);
    if (count % 3 === 2 || answer?.body === undefined) return answer;
    // Said to be longer than it is: the stream ends before the body does.
    return {
      ...answer,
      headers: { ...answer.headers, 'content-length': `${answer.body.length}` },
      body: answer.body.slice(0, 9000),
    };
  };
  const { download } = world({ [A]: moody });
  expect((await download({ webSeeds: [url(A)] })).size).toBe(layout.pieceCount);
});
