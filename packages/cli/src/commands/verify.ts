/** ferro verify: which pieces and files of a torrent are on the disk, and good. */
import { MemoryBudget, Slots, type StorageOutcome } from '@ferro/core';
import { Layout, type Metainfo, parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { limits } from '../limits.ts';
import { Output, visible } from '../output.ts';
import { NAMES, readTorrent } from '../source.ts';
import { formatBytes } from '../units.ts';
import type { NodeHost } from './network.ts';

interface VerifyOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function verify(): Command {
  return new Command('verify')
    .description('compare files with their torrent; exit code 1 if something is missing or wrong')
    .argument('<torrent>', 'a .torrent file')
    .requiredOption('--data <folder>', "the folder that holds the torrent's own folder or file")
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ferro verify debian.torrent --data ~/Downloads')
    .action(run);
}

async function run(path: string, options: VerifyOptions): Promise<void> {
  const output = new Output(options.json === true);
  await using host = nodeHost();
  const torrent = parseTorrent(await readTorrent(host, path), { names: NAMES });
  const layout = new Layout(torrent);
  const pieces = await checkAll(host, torrent, layout, options.data);
  const files = torrent.files.flatMap((file, index) => {
    if (file.padding) return [];
    const { first, end } = layout.piecesOf(index);
    const own = pieces.slice(first, end);
    return [
      {
        path: file.path,
        length: file.length,
        pieces: own.length,
        good: own.filter((state) => state === 'good').length,
      },
    ];
  });
  const good = pieces.filter((state) => state === 'good').length;
  if (good < pieces.length) process.exitCode = 1;
  const result = { good, pieceCount: pieces.length, complete: good === pieces.length, pieces, files };
  output.result(result, () =>
    [
      ...files.map(({ path: names, length, good: own, pieces: all }) => {
        const state = own === all ? 'good' : own === 0 ? 'missing' : `${own} of ${all} pieces`;
        return `${state.padEnd(18)}  ${formatBytes(length).padStart(9)}  ${visible(names.join('/'))}`;
      }),
      `${good} of ${pieces.length} pieces are good`,
    ].join('\n'),
  );
}

type PieceState = 'good' | 'corrupt' | 'missing' | 'failed';

function checkAll(host: NodeHost, torrent: Metainfo, layout: Layout, root: string): Promise<PieceState[]> {
  const storage = host.storage(layout.storage(root), new Slots(torrent.pieceLength, new MemoryBudget(0)));
  const states = new Array<PieceState>(torrent.pieceCount);
  return new Promise((resolve) => {
    let next = 0;
    let left = torrent.pieceCount;
    const more = () => {
      if (next >= torrent.pieceCount) return;
      const piece = next++;
      storage.check(piece, (outcome) => {
        states[piece] = stateOf(outcome);
        if (--left === 0) storage.close(() => resolve(states));
        else more();
      });
    };
    if (left === 0) resolve(states);
    for (let job = 0; job < limits.verifyJobs; job++) more();
  });
}

function stateOf(outcome: StorageOutcome): PieceState {
  if (outcome.type === 'ok') return 'good';
  if (outcome.type === 'corrupt') return 'corrupt';
  return outcome.fault === 'missing' || outcome.fault === 'short' ? 'missing' : 'failed';
}
