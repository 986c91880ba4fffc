/**
 * Making a torrent of one large file: Ferro (`createTorrent` over the disk workers of `nodeHost`) beside `mktorrent -t 2`,
 * libtorrent (its Python binding) and npm's create-torrent, each in a process of its own, in turns; medians of wall time, and
 * the peak of resident memory. Programs that are not installed are left out.
 *
 * `--v1` leaves the other versions out. The file is as long as `--gib` says (4), filled once, in /dev/shm where there is room,
 * so that disks do not count.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const option = (name: string, fallback: number) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const quick = process.argv.includes('--quick');
const GIB = option('--gib', quick ? 1 : 4);
const ROUNDS = option('--rounds', quick ? 1 : 5);
const PIECE_LENGTH = 2 ** 21;
const LENGTH = GIB * 2 ** 30;

const here = fileURLToPath(new URL('.', import.meta.url));
/** What is published is measured, if it has been built: taking the types out of the source costs 40 MiB in every run. */
const isBuilt = existsSync(join(here, '../packages/node/dist/index.js'));

interface Program {
  readonly name: string;
  readonly command: readonly string[];
}

function programs(folder: string): Program[] {
  const node = (code: string) => [
    process.execPath,
    ...(isBuilt ? [] : ['--conditions=@ferro/source']),
    ...['--input-type=module', '--eval', code],
  ];
  const ferro = (version: string) =>
    node(`import { createTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
await using host = nodeHost();
const source = { name: 'content', root: '${folder}', files: [{ path: ['content'], length: ${LENGTH} }], single: true };
await createTorrent(host, source, { version: '${version}', pieceLength: ${PIECE_LENGTH} });`);
  const npm = node(`import createTorrent from '${import.meta.resolve('create-torrent')}';
const done = (error) => process.exit(error ? 1 : 0);
createTorrent('${folder}/content', { pieceLength: ${PIECE_LENGTH}, announceList: [['http://t/']] }, done);`);
  const python = (flags: string) =>
    `import libtorrent as lt
files = lt.file_storage()
files.add_file('content', ${LENGTH})
torrent = lt.create_torrent(files, ${PIECE_LENGTH}, ${flags})
lt.set_piece_hashes(torrent, '${folder}')
lt.bencode(torrent.generate())`;
  const mktorrent = ['mktorrent', '-t', '2', '-l', '21', '-a', 'http://t/', '-o', '{out}', join(folder, 'content')];
  const libtorrent = (flags: string) => ['/usr/bin/python3', '-c', python(flags)];
  const v1 = [
    { name: 'Ferro', command: ferro('v1') },
    { name: 'mktorrent -t 2', command: mktorrent },
    { name: 'libtorrent', command: libtorrent('lt.create_torrent.v1_only') },
    { name: 'create-torrent (npm)', command: npm },
  ];
  if (process.argv.includes('--v1')) return v1;
  return [
    ...v1,
    { name: 'Ferro, version 2', command: ferro('v2') },
    { name: 'libtorrent, version 2', command: libtorrent('lt.create_torrent.v2_only') },
    { name: 'Ferro, hybrid', command: ferro('hybrid') },
    { name: 'libtorrent, hybrid', command: libtorrent('0') },
  ];
}

interface Run {
  readonly seconds: number;
  readonly mebibytes: number;
}

/** Runs a program and looks at its memory until it ends; undefined if it cannot be run. */
function measure(command: readonly string[]): Promise<Run | undefined> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore', cwd: here });
    let peak = 0;
    const look = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // It has ended.
      }
    }, 5);
    child.on('error', () => {
      clearInterval(look);
      resolve(undefined);
    });
    child.on('exit', (code) => {
      clearInterval(look);
      resolve(code === 0 ? { seconds: (performance.now() - start) / 1000, mebibytes: peak / 1024 } : undefined);
    });
  });
}

function fill(path: string): void {
  const block = Buffer.alloc(2 ** 24, 'a block that is not all zeros, ');
  const file = openSync(path, 'w');
  for (let at = 0; at < LENGTH; at += block.length) {
    block.writeUInt32LE(at / block.length);
    writeSync(file, block, 0, block.length, at);
  }
  closeSync(file);
}

async function compare(): Promise<void> {
  const shared = '/dev/shm';
  const hasRoom = existsSync(shared) && statfsSync(shared).bavail * statfsSync(shared).bsize > 2 * LENGTH;
  const folder = mkdtempSync(join(hasRoom ? shared : tmpdir(), 'ferro-create-'));
  try {
    fill(join(folder, 'content'));
    const all = programs(folder);
    const runs = all.map((): Run[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, { command }] of all.entries()) {
        const out = join(folder, `${round}.torrent`);
        const run = await measure(command.map((word) => (word === '{out}' ? out : word)));
        if (run !== undefined) runs[i]!.push(run);
      }
    }
    report(all, runs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function report(all: readonly Program[], runs: readonly (readonly Run[])[]): void {
  const rates = runs.map((each) =>
    each.length === 0 ? Number.NaN : LENGTH / 1e9 / median(each.map(({ seconds }) => seconds)),
  );
  console.log(
    `${GIB} GiB, pieces of 2 MiB, median of ${ROUNDS} rounds in turns${isBuilt ? '' : ' (not built: from source)'}`,
  );
  console.log('| made by | GB/s | of mktorrent | peak MiB |');
  console.log('|---|---|---|---|');
  for (const [i, { name }] of all.entries()) {
    if (runs[i]!.length === 0) console.log(`| ${name} | not installed | – | – |`);
    else {
      const memory = median(runs[i]!.map(({ mebibytes }) => mebibytes)).toFixed(0);
      console.log(`| ${name} | ${rates[i]!.toFixed(2)} | ${(rates[i]! / rates[1]!).toFixed(2)} | ${memory} |`);
    }
  }
}

await compare();
