/** aria2 with a magnet link and our DHT node as all that it knows, over both address families (BEP 5, BEP 9, BEP 32). */
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { ALONE, Ferro, freePort, Program, works } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

const installed = works('aria2c', '--version');
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const DHT_ALONE = ALONE.filter((word) => word !== '--no-dht');

for (const [family, ip] of [
  [4, '127.0.0.1'],
  [6, '[::1]'],
] as const) {
  const missing = installed ? '' : ' (aria2 is not installed: skipped)';
  test.skipIf(!installed || (family === 6 && !hasIpv6))(
    `BEP 5, BEP 9: aria2 finds a seed of ours by our node over IPv${family}, and needs the link only${missing}`,
    { timeout: 90_000, concurrent: true },
    async () => {
      using folder = new TorrentFolder([1_234_567, 1, 16_383], 32_768);
      const here = ['--listen', `${ip}:0`, '--state', folder.empty('state')];
      await using node = new Ferro('dht', 'node', ...here, '--no-bootstrap', '--json');
      const way = `${ip}:${(await node.event('ready')).port}`;
      const seeding = ['--data', folder.full, '--bootstrap', way, ...here, ...DHT_ALONE];
      await using seed = new Ferro('seed', folder.torrentPath, ...seeding);
      const { magnet } = await seed.event('ready');
      const out = folder.empty('out');
      const port = await freePort();
      const own = family === 4 ? ['--enable-dht6=false'] : ['--enable-dht6=true', '--dht-listen-addr6=::1'];
      await using aria2 = new Program(
        'aria2c',
        [
          ...['--no-conf', `--dir=${out}`, `--listen-port=${port}`, `--dht-listen-port=${port}`, '--seed-time=0'],
          ...[
            '--bt-enable-lpd=false',
            '--enable-peer-exchange=false',
            '--async-dns=false',
            '--enable-dht=true',
            ...own,
          ],
          ...[`--dht-file-path=${folder.root}/dht4`, `--dht-file-path6=${folder.root}/dht6`],
          ...[`--dht-entry-point${family === 4 ? '' : '6'}=${way}`, '--show-console-readout=false'],
          magnet.replace(/&tr=[^&]*/g, ''),
        ],
        { home: folder.root },
      );
      expect(await aria2.exited).toEqual({ code: 0, signal: null });
      expect(folder.hashesIn(out)).toEqual(folder.hashes);
      expect(seed.ended).toBe(false);
    },
  );
}
