/** A folder of files on disk for one test, and the source that a torrent is made of. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TorrentSource } from '../src/source.ts';

/** Bytes that repeat in no way that matters, the same for the same seed. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2_654_435_761;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export interface Folder {
  /** What holds the torrent's own folder: where a client would look for it. */
  readonly parent: string;
  readonly source: TorrentSource;
}

/** Writes files of these lengths, below a folder `name`. */
export function folderOf(name: string, lengths: Readonly<Record<string, number>>): Folder {
  const parent = mkdtempSync(join(tmpdir(), 'ferro-metainfo-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const root = join(parent, name);
  const files = Object.entries(lengths).map(([path, length], i) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), someBytes(length, i + 1));
    return { path: path.split('/'), length };
  });
  return { parent, source: { name, root, files } };
}

/** One file, not in a folder of its own. */
export function singleFile(name: string, length: number): Folder {
  const { parent } = folderOf('.', { [name]: length });
  return { parent, source: { name, root: parent, files: [{ path: [name], length }], single: true } };
}
