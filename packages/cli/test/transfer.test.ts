/** What download and seed promise to other programs: lines of JSON, exit codes, and that the same command goes on. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALONE, Ferro } from '../../client/test/program.ts';
import { TorrentFolder } from '../../client/test/torrent-folder.ts';

const HERE = ['--listen', '127.0.0.1:0', ...ALONE];
const PLAIN = HERE.filter((word) => word !== '--json');
const done = (code: number) => ({ code, signal: null });

test('download says ready, progress and finished, nothing but JSON, and ends with 0', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([700_001, 30], 16_384);
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...HERE);
  const { port } = await seed.event('ready');
  const peer = ['--peer', `127.0.0.1:${port}`];
  const out = folder.empty('out');
  await using ferro = new Ferro('download', folder.torrentPath, '--out', out, ...HERE, ...peer, '--limit-down', '400k');
  expect(await ferro.exited).toEqual(done(0));
  const types = ferro.events.map(({ type }) => type);
  expect([types.at(0), types.at(-1)]).toEqual(['ready', 'finished']);
  expect(types).toContain('progress');
  expect(ferro.events.at(-1)).toMatchObject({ state: 'seeding', progress: 1, done: 700_031, wanted: 700_031 });
  expect(ferro.errors).toBe('');

  const plain = folder.empty('plain');
  await using quiet = new Ferro(
    'download',
    folder.torrentPath,
    '--out',
    plain,
    ...PLAIN,
    ...peer,
    '--limit-down',
    '400k',
  );
  expect(await quiet.exited).toEqual(done(0));
  expect(quiet.lines).toEqual(['folder: 684 KiB verified, 684 KiB downloaded']);
  expect(quiet.errors, 'no progress line in a pipe').toBe('');

  seed.kill('SIGINT');
  expect(await seed.exited).toEqual(done(0));
  expect(new Set(seed.events.map(({ type }) => type))).toEqual(new Set(['ready', 'progress']));
});

test('an interrupted download ends with 130 and goes on from there', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([2_000_001], 16_384);
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...HERE);
  const { port } = await seed.event('ready');
  const out = folder.empty('out');
  const download = ['download', folder.torrentPath, '--out', out, ...HERE, '--peer', `127.0.0.1:${port}`];
  await using first = new Ferro(...download, '--limit-down', '300k');
  await first.waitFor(() => first.events.some((event) => event.done > 0));
  const before = first.events.at(-1)!.done;
  first.kill('SIGINT');
  expect(await first.exited).toEqual(done(130));
  expect(first.errors).toMatch(/^stopped at [\d.]+ %; the same command goes on from here\n$/);

  await using second = new Ferro(...download);
  const ready = await second.event('ready');
  expect(ready.done).toBeGreaterThanOrEqual(before);
  expect(ready.done).toBeLessThan(ready.wanted);
  expect(await second.exited).toEqual(done(0));
  expect(folder.hashesIn(out)).toEqual(folder.hashes);
});

test('what cannot be done ends with 1 and an error line, a timeout too', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([20_000], 16_384);
  const out = folder.empty('out');
  const magnet = `magnet:?xt=urn:btih:${folder.torrent.metainfo.infoHashV1!.hex}`;
  const runs: (readonly [message: RegExp, parameters: readonly string[]])[] = [
    [/does not exist/, ['download', join(folder.root, 'none.torrent'), '--out', out, ...HERE]],
    [/does not exist|no such file/i, ['seed', join(folder.root, 'none'), ...HERE]],
    [/nothing of file\.bin is in/, ['seed', folder.torrentPath, '--data', folder.empty('bare'), ...HERE]],
    [/not finished in 0\.2 seconds/, ['download', folder.torrentPath, '--out', out, '--timeout', '0.2', ...HERE]],
    [/not finished in 0\.2 seconds/, ['download', magnet, '--out', out, '--timeout', '0.2', ...HERE]],
  ];
  for (const [message, parameters] of runs) {
    await using ferro = new Ferro(...parameters);
    expect(await ferro.exited, parameters.join(' ')).toEqual(done(1));
    expect(ferro.events.at(-1)).toMatchObject({ type: 'error', message: expect.stringMatching(message) });
    expect(ferro.errors).toMatch(/^ferro: .+\n$/);
  }
});

test('wrong usage ends with 2 and leaves stdout alone', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([20_000], 16_384);
  const download = ['download', folder.torrentPath, '--out', folder.root];
  const wrong: (readonly string[])[] = [
    ['download', folder.torrentPath],
    ['seed'],
    ['nonsense'],
    [...download, '--nonsense'],
    [...download, '--limit-down', 'fast'],
    [...download, '--peer', 'nowhere'],
    [...download, '--listen', '1.2.3:99999'],
    [...download, '--timeout', 'soon'],
  ];
  for (const parameters of wrong) {
    await using ferro = new Ferro(...parameters);
    expect(await ferro.exited, parameters.join(' ')).toEqual(done(2));
    expect(ferro.lines).toEqual([]);
    expect(ferro.errors).not.toBe('');
  }
});

test('seed makes the torrent of a folder and prints its magnet link', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([30_000, 5], 16_384);
  await using seed = new Ferro('seed', join(folder.full, 'folder'), ...PLAIN);
  const link = await seed.line((line) => line.startsWith('magnet:'));
  expect(link).toMatch(/^magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=folder&xl=30005$/);
  expect(seed.lines).toEqual([link]);
});

test('seed serves several torrents at one port', { timeout: 60_000 }, async () => {
  using one = new TorrentFolder([30_000, 5], 16_384);
  using other = new TorrentFolder([50_001], 16_384);
  const paths = [join(one.full, 'folder'), join(other.full, 'file.bin')];
  await using seed = new Ferro('seed', ...paths, ...HERE);
  await seed.waitFor(() => seed.events.filter(({ type }) => type === 'ready').length === 2);
  const ready = seed.events.filter(({ type }) => type === 'ready');
  expect(new Set(ready.map(({ port }) => port)).size).toBe(1);
  for (const [at, folder] of [one, other].entries()) {
    const out = folder.empty('out');
    const { magnet, port } = ready[at]!;
    await using ferro = new Ferro('download', magnet, '--out', out, ...HERE, '--peer', `127.0.0.1:${port}`);
    expect(await ferro.exited).toEqual(done(0));
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  }
  await seed.waitFor(() => {
    const told = seed.events.filter(({ type }) => type === 'progress').map(({ infoHash }) => infoHash);
    return new Set(told).size === 2;
  });
});
