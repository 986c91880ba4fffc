/** ferro dht on loopback: a network of our own nodes, asked everything there is to ask (BEP 5, 33, 44, 51). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALONE, Ferro, Program } from '../../client/test/program.ts';
import { TorrentFolder } from '../../client/test/torrent-folder.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const HERE = ['--listen', '127.0.0.1:0', '--json'];
const folder = new TorrentFolder([300_001, 7], 16_384);
const nodes: Ferro[] = [];
const ports: number[] = [];

beforeAll(async () => {
  for (let i = 0; i < 3; i++) {
    const state = ['--state', folder.empty(`state ${i}`)];
    const known = i === 0 ? ['--no-bootstrap'] : ['--bootstrap', `127.0.0.1:${ports[0]}`];
    const metrics = i === 1 ? ['--metrics', '0'] : [];
    nodes.push(new Ferro('dht', 'node', ...HERE, ...known, ...state, ...metrics));
    ports.push((await nodes[i]!.event('ready')).port);
  }
  const knows = (line: string) => line.startsWith('{"type":"progress"') && JSON.parse(line).nodes.v4 >= 2;
  for (const node of nodes) await node.line(knows);
}, 60_000);

afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const bootstrap = () => ['--bootstrap', `127.0.0.1:${ports[1]}`, ...HERE];

/** What a command prints, one JSON value. */
async function answer(...parameters: readonly string[]): Promise<unknown> {
  await using ferro = new Ferro('dht', ...parameters);
  expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
  return JSON.parse(ferro.lines.join('\n'));
}

async function lines(...parameters: readonly string[]): Promise<unknown[]> {
  await using ferro = new Ferro('dht', ...parameters);
  expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
  return ferro.events;
}

test('BEP 5: ping and find', { timeout: 60_000 }, async () => {
  const pong = await answer('ping', `127.0.0.1:${ports[0]}`, '--json');
  expect(pong).toMatchObject({ node: `127.0.0.1:${ports[0]}`, id: expect.stringMatching(/^[0-9a-f]{40}$/) });
  const found = (await answer('find', HASH, ...bootstrap())) as { id: string; node: string }[];
  expect(found.map(({ node }) => node).sort()).toEqual(ports.map((port) => `127.0.0.1:${port}`).sort());
  expect(found).toContainEqual({ id: (pong as { id: string }).id, node: `127.0.0.1:${ports[0]}` });
});

// Before the next one, as a node shows the same sample for some minutes.
test('a magnet link is enough for info --fetch and for a crawl with metadata, by the DHT alone', {
  timeout: 90_000,
}, async () => {
  const online = [...ALONE.filter((word) => word !== '--no-dht'), '--bootstrap', `127.0.0.1:${ports[1]}`];
  const state = ['--state', folder.empty('state')];
  const listen = ['--listen', '127.0.0.1:0'];
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...online, ...state, ...listen);
  const { magnet } = await seed.event('ready');
  const link = magnet.replace(/&(tr|dn|xl)=[^&]*/g, '');
  await using info = new Ferro('info', link, '--fetch', '--timeout', '40', ...online, ...state, ...listen);
  expect(await info.exited, info.errors).toEqual({ code: 0, signal: null });
  const { infoHashV1, files } = JSON.parse(info.lines.join('\n'));
  expect(infoHashV1).toBe(folder.torrent.metainfo.infoHashV1!.hex);
  expect(files.map(({ length }: { length: number }) => length)).toEqual([300_001, 7]);

  const crawl = ['dht', 'crawl', '--metadata', '--bootstrap', `127.0.0.1:${ports[1]}`, ...HERE];
  await using crawler = new Ferro(...crawl);
  await crawler.line((line) => line.startsWith('{"type":"metadata"') && line.includes(`"infoHash":"${infoHashV1}"`));
  expect(await crawler.exited).toEqual({ code: 0, signal: null });
  expect(crawler.events.find(({ type }) => type === 'metadata')).toMatchObject({
    infoHash: infoHashV1,
    name: 'folder',
    files: 2,
    length: 300_008,
  });
});

test('BEP 5, BEP 33, BEP 51: announce, peers, count, sample and crawl', { timeout: 60_000 }, async () => {
  expect(await answer('announce', HASH, '--port', '4000', '--seed', ...bootstrap())).toEqual({ stored: 3 });
  expect(await lines('peers', `magnet:?xt=urn:btih:${HASH}`, ...bootstrap())).toEqual([
    { type: 'peer', peer: '127.0.0.1:4000' },
  ]);
  expect(await answer('peers', HASH, '--count', ...bootstrap())).toEqual({ seeds: 1, peers: 0 });
  expect(await lines('sample', `127.0.0.1:${ports[2]}`, '--json')).toContainEqual({
    type: 'sample',
    infoHash: expect.any(String),
  });
  const crawled = await lines('crawl', ...bootstrap());
  expect(crawled).toContainEqual({ type: 'infohash', infoHash: expect.any(String), node: expect.any(String) });
  expect(crawled.at(-1)).toMatchObject({ type: 'done' });
  await using endless = new Ferro('dht', 'crawl', '--again', ...bootstrap());
  await endless.event('infohash');
  endless.kill('SIGINT');
  expect(await endless.exited).toEqual({ code: 0, signal: null });
});

test('BEP 44: put and get, under a hash and under a key', { timeout: 60_000 }, async () => {
  const { target } = (await answer('put', 'hello', ...bootstrap())) as { target: string };
  expect(await answer('get', target, ...bootstrap())).toEqual({ value: 'hello' });
  const key = ['--key', `${folder.root}/key`, '--salt', 'a'];
  const { publicKey } = (await answer('put', 'd1:ai1ee', '--bencoded', ...key, ...bootstrap())) as {
    publicKey: string;
  };
  await answer('put', 'second', ...key, ...bootstrap());
  const found = await answer('get', publicKey, '--salt', 'a', ...bootstrap());
  expect(found).toEqual({ value: 'second', publicKey, seq: 2, salt: 'a' });
});

test('a node tells its tables to Prometheus, and keeps its id and its friends when it ends', {
  timeout: 60_000,
}, async () => {
  const place = /http:\S+/.exec(nodes[1]!.errors)?.[0];
  const text = place === undefined ? '' : await (await fetch(place)).text();
  expect(text).toMatch(/^ferro_dht_nodes\{network="v4"\} [1-9]\d*$/m);
  expect(text).toMatch(/^ferro_dht_questions_total \d+$/m);
  const id = (JSON.parse(nodes[2]!.lines[0]!) as { ids: unknown }).ids;
  nodes[2]!.kill('SIGINT');
  expect(await nodes[2]!.exited).toEqual({ code: 0, signal: null });
  nodes[2] = new Ferro('dht', 'node', ...HERE, '--no-bootstrap', '--state', `${folder.root}/state 2`);
  expect((await nodes[2]!.event('ready')) as unknown).toMatchObject({ ids: id });
  await nodes[2]!.line((line) => line.startsWith('{"type":"progress"') && JSON.parse(line).nodes.v4 >= 2);
});

test('what cannot be done ends with 1, wrong usage with 2', { timeout: 60_000 }, async () => {
  const runs: (readonly [code: number, parameters: readonly string[]])[] = [
    [1, ['ping', '127.0.0.1:9', '--timeout', '1']],
    [1, ['get', '00'.repeat(20), ...bootstrap()]],
    [2, ['peers', 'nonsense']],
    [2, ['announce', HASH]],
    [2, ['get', 'ab']],
    [2, ['find', HASH, '--bootstrap', 'nowhere']],
    [2, ['crawl', '--rate', '0']],
    [2, ['nonsense']],
  ];
  for (const [code, parameters] of runs) {
    await using ferro = new Ferro('dht', ...parameters);
    expect(await ferro.exited, parameters.join(' ')).toEqual({ code, signal: null });
  }
});

test('its help names every command', { timeout: 60_000 }, async () => {
  await using help = new Program(process.execPath, [
    '--conditions=@ferro/source',
    new URL('../src/main.ts', import.meta.url).pathname,
    'dht',
    '--help',
  ]);
  expect((await help.exited).code).toBe(0);
  for (const name of ['ping', 'find', 'peers', 'announce', 'get', 'put', 'sample', 'crawl', 'node'])
    expect(help.lines.join('\n')).toContain(`  ${name} `);
});
