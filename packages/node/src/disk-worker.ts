/**
 * A disk worker: takes arrays of jobs, hashes, reads and writes one after the other with calls that block, and answers. Blocking
 * is the point: no promise, no thread pool and no copy lies between the bytes of a slot and the disk.
 *
 * Loads nothing but Node's own modules and files beside it, so that it starts from source and from a build alike.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { faultOf } from './disk-fault.ts';
import { OpenFiles } from './disk-files.ts';
import type { DiskAnswer, DiskJob, DiskLayout, DiskRequest, DiskResult } from './disk-job.ts';
import { PieceHash } from './piece-hash.ts';
import { syncNow } from './sync.ts';
import { TorrentFiles } from './torrent-files.ts';

/** An answer waits this long for others to go with it. */
const ANSWER_DELAY_MS = 1;

interface Opened {
  readonly layout: DiskLayout;
  readonly files: TorrentFiles;
}

const { openFiles, hashBytes } = workerData as { readonly openFiles: number; readonly hashBytes: number };
const open = new OpenFiles(openFiles);
const storages = new Map<number, Opened>();
let scratch = new Uint8Array(0);

parentPort!.on('message', (requests: readonly DiskRequest[]) => {
  let answers: DiskAnswer[] = [];
  let gifts: ArrayBuffer[] = [];
  let last = performance.now();
  for (const request of requests) {
    if (request.type === 'open') {
      openStorage(request.storage, request.layout, request.wanted);
      continue;
    }
    const result = perform(request);
    answers.push({ job: request.job, ...result });
    if (result.type === 'ok' && result.bytes !== undefined) gifts.push(result.bytes.buffer as ArrayBuffer);
    const now = performance.now();
    if (now - last < ANSWER_DELAY_MS) continue;
    parentPort!.postMessage(answers, gifts);
    [answers, gifts, last] = [[], [], now];
  }
  if (answers.length > 0) parentPort!.postMessage(answers, gifts);
});

function openStorage(id: number, layout: DiskLayout, wanted: readonly boolean[]): void {
  const known = storages.get(id);
  if (known === undefined) storages.set(id, { layout, files: new TorrentFiles(layout, wanted, open) });
  else known.files.wanted = wanted;
}

function perform(job: DiskJob): DiskResult {
  try {
    if (job.type === 'sync') {
      syncNow(job.files, job.folders);
      return { type: 'ok' };
    }
    return answer(job, storages.get(job.storage)!);
  } catch (error) {
    return { type: 'failed', fault: faultOf(error), message: error instanceof Error ? error.message : String(error) };
  }
}

function answer(job: Exclude<DiskJob, { type: 'sync' }>, { layout, files }: Opened): DiskResult {
  switch (job.type) {
    case 'store': {
      const hashes = newHash(files, job.piece, wantedHashes(layout));
      hashes.update(job.bytes);
      if (!matches(layout, job.piece, hashes)) return { type: 'corrupt' };
      files.write(job.piece, job.bytes);
      return { type: 'ok' };
    }
    case 'load': {
      if (job.bytes !== undefined) files.read(job.piece, 0, job.bytes);
      else {
        const bytes = new Uint8Array(files.space.lengthOf(job.piece));
        files.read(job.piece, 0, bytes);
        return { type: 'ok', bytes };
      }
      return { type: 'ok' };
    }
    case 'check':
      return matches(layout, job.piece, hashStored(files, job.piece, wantedHashes(layout)))
        ? { type: 'ok' }
        : { type: 'corrupt' };
    case 'digest': {
      const hashes = hashStored(files, job.piece, job);
      const merkle = hashes.merkle();
      return {
        type: 'digest',
        ...(hashes.sha1 === undefined ? {} : { sha1: hashes.sha1 }),
        ...(merkle === undefined ? {} : { merkle }),
      };
    }
    case 'stat':
      return { type: 'files', files: files.stat() };
    case 'unsynced':
      if (job.empty) files.makeEmpty();
      return { type: 'unsynced', ...files.takeUnsynced() };
    case 'close':
      files.release();
      storages.delete(job.storage);
      return { type: 'ok' };
    default:
      files[job.type]();
      return { type: 'ok' };
  }
}

function wantedHashes(layout: DiskLayout): { readonly sha1: boolean; readonly merkle: boolean } {
  return { sha1: layout.sha1 !== undefined, merkle: layout.merkle !== undefined };
}

function newHash(
  files: TorrentFiles,
  piece: number,
  want: { readonly sha1: boolean; readonly merkle: boolean },
): PieceHash {
  const { space } = files;
  return new PieceHash(space.lengthOf(piece), space.lengthInFile(piece), space.leavesAtLeast(piece), want);
}

/** Reads a piece part by part: one part is hashed while it is still in the core's cache. */
function hashStored(
  files: TorrentFiles,
  piece: number,
  want: { readonly sha1: boolean; readonly merkle: boolean },
): PieceHash {
  const length = files.space.lengthOf(piece);
  const hashes = newHash(files, piece, want);
  if (scratch.length < Math.min(length, hashBytes)) scratch = new Uint8Array(Math.min(length, hashBytes));
  for (let at = 0; at < length; at += scratch.length) {
    const part = scratch.subarray(0, Math.min(scratch.length, length - at));
    files.read(piece, at, part);
    hashes.update(part);
  }
  return hashes;
}

function matches(layout: DiskLayout, piece: number, hashes: PieceHash): boolean {
  return equalAt(layout.sha1, hashes.sha1, piece) && equalAt(layout.merkle, hashes.merkle(), piece);
}

function equalAt(expected: Uint8Array | undefined, found: Uint8Array | undefined, piece: number): boolean {
  if (expected === undefined || found === undefined) return expected === undefined;
  for (let i = 0; i < found.length; i++) if (expected[piece * found.length + i] !== found[i]) return false;
  return true;
}
