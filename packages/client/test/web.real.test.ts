/** nginx as the only seed, and a second one that lies (BEP 19), on 127.0.0.1. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installed, Nginx } from '../../webseed/test/nginx.ts';
import { ALONE, Ferro } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

const LENGTHS = [3_000_001, 1, 0, 16_383, 5_000_000];
const title = (text: string) => (installed ? text : `${text} (nginx is not installed: skipped)`);
const folder = new TorrentFolder(LENGTHS, 65_536);
const nginx = new Nginx();

beforeAll(async () => {
  if (!installed) return;
  for (const [path, bytes] of folder.torrent.files) {
    nginx.write(path.split('/'), bytes);
    nginx.write(['lies', ...path.split('/')], bytes.length > 4_000_000 ? bytes.map((byte) => ~byte) : bytes);
  }
  await nginx.start(['']);
}, 20_000);

afterAll(async () => {
  await nginx.stop();
  folder[Symbol.dispose]();
});

/** The torrent with web servers in it: the info-hash stays. */
async function withServers(name: string, ...servers: readonly string[]): Promise<string> {
  const path = `${folder.root}/${name}.torrent`;
  const words = ['edit', folder.torrentPath, '--out', path, '--webseed', ...servers];
  await using edit = new Ferro(...words);
  expect(await edit.exited, edit.errors).toEqual({ code: 0, signal: null });
  return path;
}

test.skipIf(!installed)(
  title('BEP 19: nginx alone is enough, for a torrent of many files'),
  { timeout: 60_000 },
  async () => {
    const torrent = await withServers('nginx', nginx.urls[0]!);
    const out = folder.empty('nginx');
    await using ferro = new Ferro('download', torrent, '--out', out, '--listen', '127.0.0.1:0', ...ALONE);
    expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
    expect(ferro.events.at(-1)).toMatchObject({ downloaded: LENGTHS.reduce((sum, length) => sum + length) });
  },
);

test.skipIf(!installed)(
  title('BEP 19: a server that lies is dropped, and a peer brings the rest'),
  { timeout: 60_000 },
  async () => {
    const liar = `${nginx.urls[0]!}lies/`;
    const torrent = await withServers('liar', liar);
    const here = ['--listen', '127.0.0.1:0', ...ALONE];
    await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, '--limit-up', '4M', ...here);
    const peer = ['--peer', `127.0.0.1:${(await seed.event('ready')).port}`];
    const out = folder.empty('liar');
    await using ferro = new Ferro('download', torrent, '--out', out, ...peer, ...here);
    expect(await ferro.exited, ferro.errors).toEqual({ code: 0, signal: null });
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
    expect(ferro.errors).toContain(`web seed ${liar}: `);
  },
);
