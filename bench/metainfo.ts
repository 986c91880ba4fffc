/**
 * Reading torrents: @ferro/metainfo beside npm's parse-torrent and libtorrent (its Python binding, where one is installed). All
 * three read the same bytes in each round, one after the other, so that a busy machine slows all alike; medians are compared.
 *
 * Ferro is there twice: as it is, hashing in JavaScript, and with the hashes that Node brings, which parse-torrent and
 * libtorrent have too. libtorrent is timed inside its own process, and makes no paths until somebody asks.
 */
import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseTorrent } from '@ferro/metainfo';
import parseTorrentOfNpm from 'parse-torrent';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 9;

/** A torrent of version 1. */
function torrent(files: number, pieces: number): Uint8Array {
  const each = Math.floor((pieces * 16_384) / files);
  const list = Array.from({ length: files }, (_, i) => {
    const [folder, name] = [`folder ${i >> 6}`, `file number ${i}.txt`];
    return `d6:lengthi${each}e4:pathl${folder.length}:${folder}${name.length}:${name}ee`;
  });
  const count = Math.ceil((each * files) / 16_384);
  const head = `d8:announce20:http://t.example/ann4:infod5:filesl${list.join('')}e4:name4:test12:piece lengthi16384e`;
  return Buffer.concat([
    Buffer.from(`${head}6:pieces${20 * count}:`),
    Buffer.alloc(20 * count, 0x5a),
    Buffer.from('ee'),
  ]);
}

const cases = [
  { name: '10 files, 1,000 pieces', bytes: torrent(10, 1_000), runs: 200 },
  { name: '1,000 files, 10,000 pieces', bytes: torrent(1_000, 10_000), runs: 20 },
  { name: '1 file, 500,000 pieces', bytes: torrent(1, 500_000), runs: 3 },
  { name: '100,000 files, 200,000 pieces', bytes: torrent(100_000, 200_000), runs: 1 },
];

const PYTHON = `
import base64, sys, time
import libtorrent as lt
for line in sys.stdin:
    runs, torrent = line.split()
    torrent = base64.b64decode(torrent)
    start = time.perf_counter()
    for _ in range(int(runs)):
        lt.torrent_info(torrent)
    print((time.perf_counter() - start) * 1000 / int(runs), flush=True)
`;

/** Milliseconds that one reading takes. */
type Reader = (bytes: Uint8Array, runs: number) => Promise<number>;

async function timed(run: () => unknown, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) await run();
  return (performance.now() - start) / runs;
}

const python = spawn('/usr/bin/python3', ['-c', PYTHON], { stdio: ['pipe', 'pipe', 'ignore'] });
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
python.stdin.on('error', () => {});

const hashes = {
  sha1: (bytes: Uint8Array) => hash('sha1', bytes, 'buffer'),
  sha256: (bytes: Uint8Array) => hash('sha256', bytes, 'buffer'),
};

const readers: Record<string, Reader> = {
  '@ferro/metainfo': (bytes, runs) => timed(() => parseTorrent(bytes), runs),
  '@ferro/metainfo with hashes of Node': (bytes, runs) => timed(() => parseTorrent(bytes, { hashes }), runs),
  'parse-torrent': (bytes, runs) => timed(() => parseTorrentOfNpm(bytes), runs),
  libtorrent: async (bytes, runs) => {
    python.stdin.write(`${runs} ${Buffer.from(bytes).toString('base64')}\n`);
    return Number((await answers.next()).value ?? Number.NaN);
  },
};

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

console.log(`milliseconds, median of ${ROUNDS} rounds`);
console.log(`| torrent | bytes | ${Object.keys(readers).join(' | ')} | times parse-torrent |`);
console.log(
  `|---|---|${Object.keys(readers)
    .map(() => '---|')
    .join('')}---|`,
);
for (const { name, bytes, runs } of cases) {
  const times = Object.values(readers).map(() => [] as number[]);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, read] of Object.values(readers).entries()) {
      const time = await read(bytes, runs);
      // The first round warms up.
      if (round > 0) times[i]!.push(time);
    }
  }
  const medians = times.map(median);
  const [plain, native, npm] = medians as [number, number, number];
  const shown = medians.map((time) => (Number.isNaN(time) ? '–' : time.toPrecision(3))).join(' | ');
  console.log(`| ${name} | ${bytes.length} | ${shown} | ${(npm / plain).toFixed(1)}, ${(npm / native).toFixed(1)} |`);
}
python.stdin.end();
