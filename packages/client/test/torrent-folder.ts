/** A torrent and its files on the real disk, in a folder that is gone afterwards. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTorrent, type TestTorrent } from './torrents.ts';

export class TorrentFolder implements Disposable {
  readonly root: string = mkdtempSync(join(tmpdir(), 'ferro-'));
  /** Holds the whole content. */
  readonly full: string = join(this.root, 'full');
  readonly torrentPath: string = join(this.root, 'some.torrent');
  readonly torrent: TestTorrent;
  /** SHA-256 of each file. */
  readonly hashes: ReadonlyMap<string, string>;

  constructor(lengths: readonly number[], pieceLength: number) {
    // rtorrent takes no torrent without a tracker. Nobody answers at this one.
    this.torrent = makeTorrent(lengths, pieceLength, { announce: 'http://127.0.0.1:9/announce' });
    writeFileSync(this.torrentPath, this.torrent.bytes);
    for (const [path, bytes] of this.torrent.files) {
      const target = join(this.full, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
    this.hashes = new Map([...this.torrent.files].map(([path, bytes]) => [path, sha256(bytes)]));
  }

  /** A new, empty folder. */
  empty(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** SHA-256 of the files of the torrent as they are in this folder. */
  hashesIn(folder: string): Map<string, string> {
    return new Map([...this.torrent.files.keys()].map((path) => [path, sha256(readFileSync(join(folder, path)))]));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
