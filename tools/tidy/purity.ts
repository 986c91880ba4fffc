/** Rules that keep protocols pure: no I/O, no clock, no chance, no promises below the facade, no stray copies on the hot path. */
import { codeOnly, HOSTLESS, PROTOCOLS, places, type Rule, sourcesOf } from './tree.ts';

/** The files that may speak in promises: the facades, and what they are made of. */
const FACADES = [
  'packages/core/src/async-queue.ts',
  'packages/tracker-http/src/facade.ts',
  'packages/tracker-udp/src/open.ts',
  'packages/dht/src/open.ts',
  'packages/dht/src/crawl.ts',
  'packages/utp/src/open.ts',
  'packages/lsd/src/open.ts',
  'packages/wire/src/connect.ts',
  'packages/webseed/src/facade.ts',
  'packages/metainfo/src/create.ts',
  'packages/sim/src/simulation.ts',
  'packages/client/src/client.ts',
  'packages/client/src/fetch-metadata.ts',
  'packages/client/src/torrent/torrent.ts',
  'packages/client/src/events.ts',
  'packages/client/src/file-stream.ts',
];

/** Programs: they run in one environment and wait for it. */
const PROGRAMS = ['node', 'cli', 'tracker'];

/** Where every byte of payload passes. */
const HOT = [
  'packages/wire/src/decoder.ts',
  'packages/wire/src/encoder.ts',
  'packages/webseed/src/transfer.ts',
  'packages/client/src/pieces.ts',
  'packages/client/src/picker.ts',
];

export const purityRules: readonly Rule[] = [
  {
    name: 'only packages/node imports node:*',
    why: 'everything else runs on any host, in a simulation and in a browser',
    check: (tree) =>
      sourcesOf(tree)
        .filter(([path]) => !path.startsWith('packages/node/'))
        .flatMap(([path, text]) => places(path, text, /\bfrom 'node:[^']+'|\bimport\('node:/)),
    broken: { 'packages/wire/src/leak.ts': "import { readFileSync } from 'node:fs';\n" },
  },
  {
    name: 'no clock and no chance in cores',
    why: 'time and randomness come from the Environment, so that a simulation gives the same answer each time',
    check: (tree) =>
      HOSTLESS.flatMap((name) => sourcesOf(tree, name)).flatMap(([path, text]) =>
        places(path, codeOnly(text), /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b/),
      ),
    broken: { 'packages/dht/src/luck.ts': 'export const luck: number = Math.random();\n' },
  },
  {
    name: 'no timers, fetch, Buffer, process or console in cores',
    why: 'the compiler refuses them already; this says it where somebody declares them by hand',
    check: (tree) =>
      HOSTLESS.flatMap((name) => sourcesOf(tree, name)).flatMap(([path, text]) =>
        places(
          path,
          codeOnly(text),
          /\b(setTimeout|setInterval|setImmediate|fetch|require)\(|\bBuffer\.|\bprocess\.|\bconsole\./,
        ),
      ),
    broken: { 'packages/utp/src/wait.ts': 'setTimeout(() => {}, 1);\n' },
  },
  {
    name: 'no promises below the facade',
    why: 'a promise a message costs more than the message, and order gets lost',
    check: (tree) =>
      sourcesOf(tree)
        .filter(([path]) => !PROGRAMS.some((name) => path.startsWith(`packages/${name}/`)) && !FACADES.includes(path))
        .flatMap(([path, text]) => places(path, codeOnly(text), /\basync\b|\bawait\b|\bnew Promise\b|\bPromise[.<]/)),
    broken: { 'packages/wire/src/later.ts': 'export async function later(): Promise<void> {}\n' },
  },
  {
    name: 'the hot path makes nothing that it can do without',
    why: 'closures, spreads and big integers in these files are paid for by every block',
    check: (tree) =>
      [...tree]
        .filter(([path]) => HOT.includes(path))
        .flatMap(([path, text]) => places(path, codeOnly(text), /=> |\.\.\.(?!\/)|\bBigInt\b|\d+n\b|\bforEach\(/)),
    broken: { 'packages/wire/src/decoder.ts': 'export const all = [...new Uint8Array(9)];\n' },
  },
  {
    name: 'each protocol file names its BEP',
    why: 'the code is read beside the specification',
    check: (tree) =>
      PROTOCOLS.flatMap((name) => sourcesOf(tree, name))
        .filter(([path]) => !/\/(index|limits|errors)\.ts$/.test(path))
        .filter(([, text]) => !/\bBEPs? ?\d+|\bno BEP\b/i.test(text.slice(0, 1200)))
        .map(([path]) => path),
    broken: { 'packages/wire/src/lost.ts': '/** Something. */\nexport const x = 1;\n' },
  },
];
