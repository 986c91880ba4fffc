/** Against nginx on real sockets, where it is installed: multi-file torrents, servers that lie, or know no ranges (BEP 19). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { equalBytes } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { downloadFromWeb, driveWebSeed, WebSeed, type WebSeedEvent } from '../src/index.ts';
import { installed, Nginx } from './nginx.ts';
import { contentOf, layoutOf, pieceOf } from './world.ts';

const real = test.skipIf(!installed);
const nginx = new Nginx();
const host = nodeHost();

const layout = layoutOf(
  [
    { path: ['album', 'cover art (front).jpg'], length: 300_123 },
    { path: ['album', 'disc 1', '01 - Café & Tür 1# 100%.flac'], length: 5_000_000 },
    { path: ['album', 'disc 1', 'empty'], length: 0 },
    { path: ['.pad', '1'], length: 40_000, padding: true },
    { path: ['album', 'disc 2', '日本.flac'], length: 7_654_321 },
    { path: ['album', 'notes.txt'], length: 17 },
  ],
  262_144,
);

beforeAll(async () => {
  if (!installed) return;
  for (const [file, { path, length, padding }] of layout.files.entries()) {
    if (padding) continue;
    nginx.write(path, contentOf(file, length));
    nginx.write(['lies', ...path], path.at(-1) === '日本.flac' ? new Uint8Array(length) : contentOf(file, length));
  }
  await nginx.start(['', 'max_ranges 0;', 'location / { return 503; }', 'limit_rate 4m;']);
}, 20_000);

afterAll(async () => {
  await nginx.stop();
  await host.close();
});

async function collect(webSeeds: readonly string[]): Promise<number> {
  const verify = (piece: number, bytes: Uint8Array) => equalBytes(bytes, pieceOf(layout, piece));
  const came = new Set<number>();
  for await (const { piece } of downloadFromWeb(host, { layout, webSeeds, verify })) came.add(piece);
  return came.size;
}

real('nginx, where it is installed: a torrent of many files, odd names among them, comes whole', async () => {
  expect(await collect([nginx.urls[0]!])).toBe(layout.pieceCount);
});

real('nginx without ranges: files are read whole', async () => {
  expect(await collect([nginx.urls[1]!])).toBe(layout.pieceCount);
});

real('nginx with a wrong file, and one that is busy: a third one does the rest', async () => {
  expect(await collect([`${nginx.urls[0]!}lies/`, nginx.urls[2]!, nginx.urls[0]!])).toBe(layout.pieceCount);
  await expect(collect([`${nginx.urls[0]!}lies/`])).rejects.toThrow('corrupt');
});

real('nginx, and a slower one: it holds nothing up', async () => {
  expect(await collect([nginx.urls[3]!, nginx.urls[0]!])).toBe(layout.pieceCount);
});

real('a file that nginx does not have is missing, the others come', async () => {
  const shapes = layout.files.map(({ path, length, padding }) => ({ path, length, padding }));
  const more = layoutOf([...shapes, { path: ['album', 'bonus'], length: 400_000 }], 262_144);
  const seed = new WebSeed(host, { url: nginx.urls[0]!, layout: more });
  const heard: WebSeedEvent['type'][] = [];
  await new Promise<void>((resolve) => {
    const run = driveWebSeed(host, seed, (events) => {
      heard.push(...events.map(({ type }) => type));
      if (seed.outstanding > 0) return;
      run.close();
      resolve();
    });
    seed.request(0);
    seed.request(more.pieceCount - 1);
    run.flush();
  });
  expect(heard).toContain('missing');
  expect(heard).toContain('block');
  expect([seed.url, heard.filter((type) => type === 'reject').length > 0]).toEqual([nginx.urls[0], true]);
});
