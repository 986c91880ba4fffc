/**
 * What the main side and a disk worker say to each other: arrays of requests one way, arrays of answers the other. Types
 * only, so that the worker can be loaded without anything but Node's own modules.
 */
import type { FileStamp, StorageFault, StorageFile } from '@ferro/core';

export interface DiskLayout {
  readonly root: string;
  readonly pieceLength: number;
  readonly files: readonly StorageFile[];
  readonly sha1?: Uint8Array;
  readonly merkle?: Uint8Array;
}

export type DiskRequest =
  /** Makes a storage known to the worker, or tells it a new selection. Not answered. */
  | {
      readonly type: 'open';
      readonly storage: number;
      readonly layout: DiskLayout;
      readonly wanted: readonly boolean[];
    }
  | DiskJob;

export type DiskJob = { job: number; readonly storage: number } & DiskTask;

export type DiskTask =
  | { readonly type: 'store'; readonly piece: number; readonly bytes: Uint8Array }
  /** Without `bytes` the worker makes them, and gives them away with its answer. */
  | { readonly type: 'load'; readonly piece: number; readonly bytes?: Uint8Array }
  | { readonly type: 'check'; readonly piece: number }
  | { readonly type: 'digest'; readonly piece: number; readonly sha1: boolean; readonly merkle: boolean }
  /** Fills wanted files with zeros up to their length. */
  | { readonly type: 'preallocate' }
  /** Moves what was kept aside into files that are wanted now. */
  | { readonly type: 'adopt' }
  | { readonly type: 'stat' }
  /** Tells what was written since it was last asked. `empty`: makes empty files first, which one worker does for all. */
  | { readonly type: 'unsynced'; readonly empty: boolean }
  /** Forces what is named to the medium. */
  | { readonly type: 'sync'; readonly files: readonly string[]; readonly folders: readonly string[] }
  | { readonly type: 'release' }
  | { readonly type: 'remove' }
  | { readonly type: 'close' };

export type DiskAnswer = { readonly job: number } & DiskResult;

export type DiskResult =
  | { readonly type: 'ok'; readonly bytes?: Uint8Array }
  | { readonly type: 'corrupt' }
  | { readonly type: 'failed'; readonly fault: StorageFault; readonly message: string }
  | { readonly type: 'digest'; readonly sha1?: Uint8Array; readonly merkle?: Uint8Array }
  | { readonly type: 'unsynced'; readonly files: readonly string[]; readonly folders: readonly string[] }
  | { readonly type: 'files'; readonly files: readonly (FileStamp | undefined)[] };
