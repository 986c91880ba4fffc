/** Killed at any moment, as a crash or a power cut would: what was verified stays verified, and the same command goes on. */
import { expect, test } from 'vitest';
import { ALONE, Ferro } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';
import { content } from './torrents.ts';

const KILLS = 50;
const LENGTHS = [12_000_003, 1, 7_999_999];

test('our choice: 50 kills at random moments lose nothing verified', { timeout: 400_000 }, async () => {
  using folder = new TorrentFolder(LENGTHS, 65_536);
  const listen = ['--listen', '127.0.0.1:0', ...ALONE];
  await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...listen);
  const { port } = await seed.event('ready');
  const out = folder.empty('out');
  // Slow enough that it is not through before the last kill, fast enough that each life gets somewhere.
  const download = ['download', folder.torrentPath, '--out', out, '--peer', `127.0.0.1:${port}`, ...ALONE];
  const moments = content(KILLS, 7);
  let verified = 0;
  let lives = 0;
  for (const moment of moments) {
    await using ferro = new Ferro(...download, '--limit-down', '1M');
    // One in eight is killed while it starts or looks at its files, the others somewhere in the download.
    if (moment % 8 !== 0) {
      const { done } = await ferro.event('ready');
      expect(done).toBeGreaterThanOrEqual(verified);
      lives++;
    }
    await ferro.lives(2 * moment);
    ferro.kill('SIGKILL');
    expect(await ferro.exited).toEqual({ code: null, signal: 'SIGKILL' });
    verified = Math.max(verified, ...ferro.events.map((event) => event.done));
  }
  expect(lives).toBeGreaterThan(KILLS / 2);
  expect(verified).toBeGreaterThan(0);
  await using last = new Ferro(...download);
  expect((await last.event('ready')).done).toBeGreaterThanOrEqual(verified);
  expect(await last.exited).toEqual({ code: 0, signal: null });
  expect(folder.hashesIn(out)).toEqual(folder.hashes);
});
