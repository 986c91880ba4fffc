/** Files to and from libtorrent over uTP alone (BEP 29), and found by nothing but the DHT (BEP 5), on 127.0.0.1. */
import { expect, test } from 'vitest';
import { LIBTORRENT_PEER, otherPrograms, PYTHON } from './other-programs.ts';
import { ALONE, Ferro, Program } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

const LENGTHS = [1_234_567, 1, 16_383, 900_001];
const PIECE_LENGTH = 32_768;
const libtorrent = otherPrograms[0]!;
const title = (text: string) => (libtorrent.installed ? text : `${text} (libtorrent is not installed: skipped)`);
const LISTEN = ['--listen', '127.0.0.1:0'];
const without = (...words: readonly string[]) => ALONE.filter((word) => !words.includes(word));
const ONLY_UTP = ['--no-tcp', ...without('--no-utp'), ...LISTEN];
const ONLY_DHT = without('--no-dht');
const portOf = async (program: Program) => (await program.line((line) => line.startsWith('PORT'))).slice(5);

test.skipIf(!libtorrent.installed)(
  title('BEP 29: libtorrent serves us over uTP alone'),
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder(LENGTHS, PIECE_LENGTH);
    await using seed = new Program(PYTHON, [LIBTORRENT_PEER, 'seed', folder.torrentPath, folder.full, 'utp']);
    await seed.line((line) => line === 'SEEDING');
    const out = folder.empty('out');
    const peer = ['--peer', `127.0.0.1:${await portOf(seed)}`];
    await using ferro = new Ferro('download', folder.torrentPath, '--out', out, ...peer, ...ONLY_UTP);
    expect(await ferro.exited).toEqual({ code: 0, signal: null });
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  },
);

test.skipIf(!libtorrent.installed)(
  title('BEP 29: we serve libtorrent over uTP alone'),
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder(LENGTHS, PIECE_LENGTH);
    await using ferro = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...ONLY_UTP);
    const { port } = await ferro.event('ready');
    const out = folder.empty('out');
    {
      const parameters = [LIBTORRENT_PEER, 'leech', folder.torrentPath, out, String(port), 'utp'];
      await using leech = new Program(PYTHON, parameters);
      await leech.line((line) => line === 'DONE');
    }
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  },
);

test.skipIf(!libtorrent.installed)(
  title('BEP 29: who has no TCP is reached all the same'),
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder(LENGTHS, PIECE_LENGTH);
    await using seed = new Program(PYTHON, [LIBTORRENT_PEER, 'seed', folder.torrentPath, folder.full, 'utp']);
    await seed.line((line) => line === 'SEEDING');
    const out = folder.empty('out');
    const peer = ['--peer', `127.0.0.1:${await portOf(seed)}`, ...LISTEN, ...without('--no-utp')];
    await using ferro = new Ferro('download', folder.torrentPath, '--out', out, ...peer);
    expect(await ferro.exited).toEqual({ code: 0, signal: null });
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  },
);

test.skipIf(!libtorrent.installed)(
  title('BEP 5, BEP 9: a magnet link and libtorrent’s node are enough'),
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder(LENGTHS, PIECE_LENGTH);
    const link = `magnet:?xt=urn:btih:${folder.torrent.metainfo.infoHashV1!.hex}`;
    const state = ['--state', folder.empty('state')];
    // Its node keeps what others announce, not what it has itself: a second one has to tell it.
    await using router = new Program(PYTHON, [
      LIBTORRENT_PEER,
      'leech',
      `magnet:?xt=urn:btih:${'5a'.repeat(20)}`,
      folder.empty('none'),
      'dht=0',
    ]);
    const node = await portOf(router);
    await using seed = new Program(PYTHON, [LIBTORRENT_PEER, 'seed', folder.torrentPath, folder.full, `dht=${node}`]);
    await seed.line((line) => line === 'SEEDING');
    const out = folder.empty('out');
    const bootstrap = ['--bootstrap', `127.0.0.1:${node}`, ...LISTEN, ...state];
    await using ferro = new Ferro('download', link, '--out', out, ...bootstrap, ...ONLY_DHT);
    expect(await ferro.exited).toEqual({ code: 0, signal: null });
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  },
);

test.skipIf(!libtorrent.installed)(
  title('BEP 5, BEP 9: libtorrent finds us by our node, and needs the link only'),
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder(LENGTHS, PIECE_LENGTH);
    const state = ['--state', folder.empty('state')];
    await using node = new Ferro('dht', 'node', ...LISTEN, '--bootstrap', '127.0.0.1:9', '--json', ...state);
    const { port } = await node.event('ready');
    const bootstrap = ['--bootstrap', `127.0.0.1:${port}`, ...LISTEN, ...state];
    await using ferro = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...bootstrap, ...ONLY_DHT);
    const { magnet } = await ferro.event('ready');
    const out = folder.empty('out');
    {
      const parameters = [LIBTORRENT_PEER, 'leech', magnet.replace(/&tr=[^&]*/g, ''), out, `dht=${port}`];
      await using leech = new Program(PYTHON, parameters);
      await leech.line((line) => line === 'DONE');
    }
    expect(folder.hashesIn(out)).toEqual(folder.hashes);
  },
);
