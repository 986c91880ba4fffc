/**
 * Makes a torrent file (BEP 3; BEP 47; BEP 52): version 1, version 2, or both. A host's storage reads and hashes the pieces,
 * many under way at a time; this keeps the hashes. Nothing is added that was not asked for: no tracker, no date, no name of a
 * program.
 *
 * Which files there are is for the caller to say: looking into folders is not a thing that every host can do.
 */
import { encode } from '@ferro/bencode';
import { type DigestOutcome, type Host, MemoryBudget, Slots, type StorageLayout } from '@ferro/core';
import { joinDictionary } from './edit.ts';
import type { TorrentVersion } from './info.ts';
import { encodeInfo, type InfoFields, type PieceHashes } from './info-encoding.ts';
import { limits } from './limits.ts';
import { HASH_LENGTH } from './merkle.ts';
import { type Outside, outsideEntries } from './outside.ts';
import { choosePieceLength } from './piece-length.ts';
import { arrangedFiles, sourceLayout, type TorrentSource } from './source.ts';

export interface CreateOptions extends Partial<Outside>, InfoFields {
  /** Default: `v1`, which everybody reads. */
  readonly version?: TorrentVersion;
  /** Default: chosen by length. For version 2 and hybrid a power of two from 16 KiB. */
  readonly pieceLength?: number;
  /** Default: by path. `given` leaves the files as they are listed, which version 1 alone can do. */
  readonly order?: 'path' | 'given';
  /** After each piece: bytes done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Reads and hashes the files, and resolves to the bytes of the torrent file. Rejects if one cannot be read. */
export async function createTorrent(
  host: Pick<Host, 'storage'>,
  source: TorrentSource,
  options: CreateOptions = {},
): Promise<Uint8Array> {
  const { version = 'v1', order = 'path' } = options;
  const length = source.files.reduce((sum, file) => sum + (file.link === undefined ? file.length : 0), 0);
  const pieceLength = options.pieceLength ?? choosePieceLength(length);
  requirePieceLength(pieceLength, version);
  if (length === 0) throw new RangeError('there is nothing to make a torrent of');
  const files = arrangedFiles(source, version, pieceLength, order);
  const hashes = await hashPieces(host, sourceLayout(source, files, pieceLength), version, options);
  const { info, pieceLayers } = encodeInfo(source, files, pieceLength, version, hashes, options);
  const entries = new Map([['info', info]]);
  if (pieceLayers !== undefined) entries.set('piece layers', pieceLayers);
  for (const [key, value] of Object.entries(outsideEntries(options))) {
    if (value !== null && value !== undefined) entries.set(key, encode(value));
  }
  return joinDictionary(entries);
}

function requirePieceLength(length: number, version: TorrentVersion): void {
  const isPower = length >= 16_384 && Number.isInteger(Math.log2(length));
  if (version !== 'v1' && !isPower) throw new RangeError(`${length} is no power of two from 16 KiB`);
  if (!Number.isSafeInteger(length) || length < 1 || length > limits.pieceLength) {
    throw new RangeError(`${length} is no piece length`);
  }
}

/** Keeps every worker of the host busy; what waits costs a few numbers a piece. */
const JOBS = 64;

function hashPieces(
  host: Pick<Host, 'storage'>,
  layout: StorageLayout,
  version: TorrentVersion,
  { onProgress, signal }: CreateOptions,
): Promise<PieceHashes> {
  const length = layout.files.reduce((sum, file) => sum + file.length, 0);
  const { pieceLength } = layout;
  const count = Math.ceil(length / pieceLength);
  if (count > limits.pieces) throw new RangeError(`${count} pieces are too many: make them longer`);
  const want = { sha1: version !== 'v2', merkle: version !== 'v1' };
  const sha1 = new Uint8Array(want.sha1 ? 20 * count : 0);
  const merkle = new Uint8Array(want.merkle ? HASH_LENGTH * count : 0);
  const storage = host.storage(layout, new Slots(pieceLength, new MemoryBudget(0)));
  const { promise, resolve, reject } = Promise.withResolvers<PieceHashes>();
  let asked = 0;
  let answered = 0;
  let failure: { readonly reason: unknown } | undefined;
  const take = (piece: number, outcome: DigestOutcome): void => {
    answered++;
    if (outcome.type === 'failed') throw outcome.error;
    if (want.sha1) sha1.set(outcome.sha1!, 20 * piece);
    if (want.merkle) merkle.set(outcome.merkle!, HASH_LENGTH * piece);
    onProgress?.(Math.min(answered * pieceLength, length), length);
  };
  const goOn = (): void => {
    if (signal?.aborted) failure ??= { reason: signal.reason };
    while (failure === undefined && asked < count && asked - answered < JOBS) {
      const piece = asked++;
      storage.digest(piece, want, (outcome) => {
        try {
          take(piece, outcome);
        } catch (reason) {
          failure ??= { reason };
        }
        goOn();
      });
    }
    if (asked === answered) storage.close(() => (failure ? reject(failure.reason) : resolve({ sha1, merkle })));
  };
  goOn();
  return promise;
}
