/** Found by neighbours alone (BEP 14), and by peers of peers alone (BEP 11): programs of our own on 127.0.0.1. */
import { expect, test } from 'vitest';
import { ALONE, Ferro } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

const HERE = ['--listen', '127.0.0.1:0'];
const without = (word: string) => [...ALONE.filter((other) => other !== word), ...HERE];
const linkTo = (folder: TorrentFolder) => `magnet:?xt=urn:btih:${folder.torrent.metainfo.infoHashV1!.hex}`;

test('BEP 14: a magnet link and a neighbour are enough', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([500_001, 7], 16_384);
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...without('--no-lsd'));
  await seed.event('ready');
  const out = folder.empty('out');
  await using ferro = new Ferro('download', linkTo(folder), '--out', out, ...without('--no-lsd'));
  expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
  expect(folder.hashesIn(out)).toEqual(folder.hashes);
});

test('BEP 11: a magnet link and a peer that has nothing yet are enough', { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder([2_000_001, 7], 16_384);
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...without('--no-pex'));
  const peer = (port: number) => ['--peer', `127.0.0.1:${port}`, ...without('--no-pex')];
  const slow = [...peer((await seed.event('ready')).port), '--limit-down', '20k', '--limit-up', '20k'];
  await using middle = new Ferro('download', folder.torrentPath, '--out', folder.empty('middle'), ...slow);
  const out = folder.empty('out');
  const known = peer((await middle.event('ready')).port);
  await using ferro = new Ferro('download', linkTo(folder), '--out', out, ...known);
  expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
  expect(folder.hashesIn(out)).toEqual(folder.hashes);
  expect(middle.ended).toBe(false);
});
