/** A real transfer on loopback: one client makes and serves a torrent, another downloads and verifies it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@ferro/client';
import { createTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';

const folder = await mkdtemp(join(tmpdir(), 'ferro-example-'));
await using host = nodeHost();
try {
  const content = randomBytes(5_000_000);
  await writeFile(join(folder, 'data.bin'), content);
  const source = {
    name: 'data.bin',
    root: folder,
    single: true,
    files: [{ path: ['data.bin'], length: content.length }],
  };
  const torrent = await createTorrent(host, source);

  await using seeder = new Client(host, { listen: [{ ip: '127.0.0.1', port: 0 }] });
  await seeder.add(torrent, { path: folder, resumeFile: false }).ready;

  await using leecher = new Client(host, { listen: [] });
  const download = leecher.add(torrent, {
    path: join(folder, 'copy'),
    peers: [{ ip: '127.0.0.1', port: seeder.port }],
  });
  await download.finished;
  const copy = await readFile(join(folder, 'copy', 'data.bin'));
  console.log('downloaded and verified:', copy.equals(content));
} finally {
  await rm(folder, { recursive: true });
}
