/** Both ways between two of our own over ::1 (BEP 3 knows no difference), empty files included. */
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { ALONE, Ferro } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

const LENGTHS = [300_001, 0, 1, 262_144];
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const skipped = hasIpv6 ? '' : ' (no ::1 here: skipped)';
const HERE = ['--listen', '[::1]:0', ...ALONE];

test.skipIf(!hasIpv6)(`BEP 3: whoever calls over IPv6, the files arrive${skipped}`, { timeout: 60_000 }, async () => {
  using folder = new TorrentFolder(LENGTHS, 16_384);
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...HERE);
  const { port } = await seed.event('ready');
  const called = folder.empty('called');
  await using caller = new Ferro('download', folder.torrentPath, '--out', called, ...HERE, '--peer', `[::1]:${port}`);
  expect(await caller.exited).toEqual({ code: 0, signal: null });
  expect(folder.hashesIn(called)).toEqual(folder.hashes);

  const waiting = folder.empty('waiting');
  await using waiter = new Ferro('download', folder.torrentPath, '--out', waiting, ...HERE);
  const place = `[::1]:${(await waiter.event('ready')).port}`;
  await using second = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...HERE, '--peer', place);
  expect(await waiter.exited).toEqual({ code: 0, signal: null });
  expect(folder.hashesIn(waiting)).toEqual(folder.hashes);
  expect(second.ended).toBe(false);
});
