/** A storage of your own: pieces are kept by what they are, not by where they belong. Two torrents share the pieces that are equal. */
import { Client, MemoryStorage, type PieceShelf } from '@ferro/client';
import { equalBytes, type StorageLayout, sha256, toHex } from '@ferro/core';
import { createTorrent } from '@ferro/metainfo';
import { Simulation } from '@ferro/sim';

/** Pieces by hash, each once. A piece goes when the last torrent that has it lets it go. */
export class PieceLibrary {
  readonly #pieces = new Map<string, { readonly bytes: Uint8Array; owners: number }>();
  readonly #contents = new Map<string, Map<number, string>>();

  get pieceCount(): number {
    return this.#pieces.size;
  }

  /** What one torrent sees of the library: its pieces by number. The same torrent finds its pieces again. */
  shelf({ root, pieceLength, files }: StorageLayout): PieceShelf {
    const torrent = JSON.stringify([root, pieceLength, files]);
    const hashes = this.#contents.get(torrent) ?? new Map<number, string>();
    this.#contents.set(torrent, hashes);
    const letGo = (piece: number) => {
      const hash = hashes.get(piece);
      const kept = hash === undefined ? undefined : this.#pieces.get(hash);
      if (hash !== undefined && kept !== undefined && --kept.owners === 0) this.#pieces.delete(hash);
      hashes.delete(piece);
    };
    return {
      get: (piece) => this.#pieces.get(hashes.get(piece) ?? '')?.bytes,
      put: (piece, bytes) => {
        letGo(piece);
        const hash = toHex(sha256(bytes));
        const kept = this.#pieces.get(hash) ?? { bytes, owners: 0 };
        kept.owners++;
        this.#pieces.set(hash, kept);
        hashes.set(piece, hash);
        return true;
      },
      delete: letGo,
    };
  }
}

if (import.meta.main) {
  const sim = new Simulation({ seed: 1, link: { latency: 20, rate: 2e6 } });
  const [a, b] = [sim.host('10.0.0.1'), sim.host('10.0.0.2')];

  // Two editions of a book that differ in the last chapter.
  const first = new Uint8Array(600_000).map((_, i) => (i * i) % 251);
  const second = first.slice().fill(9, 500_000);
  const library = new PieceLibrary();
  const seeder = new Client(a, { listen: [{ port: 6881 }] });
  const leecher = new Client(b, {
    storage: (layout, slots) => new MemoryStorage(b, layout, slots, library.shelf(layout)),
  });

  for (const [name, bytes] of Object.entries({ 'first.txt': first, 'second.txt': second })) {
    a.disk.write(`/books/${name}`, bytes);
    const files = [{ path: [name], length: bytes.length }];
    const torrent = await sim.settle(
      createTorrent(a, { name, root: '/books', single: true, files }, { pieceLength: 65_536 }),
    );
    await sim.settle(seeder.add(torrent, { path: '/books' }).ready);
    const download = leecher.add(torrent, { path: '/copy', peers: [{ ip: '10.0.0.1', port: 6881 }] });
    await sim.settle(download.finished);
    const read: Uint8Array[] = [];
    const reading = (async () => {
      for await (const part of download.file(0).read()) read.push(part);
    })();
    await sim.settle(reading);
    const copy = new Uint8Array(bytes.length);
    let at = 0;
    for (const part of read) {
      copy.set(part, at);
      at += part.length;
    }
    console.log(`${name}: ${download.stats().pieceCount} pieces, read back unharmed: ${equalBytes(copy, bytes)}`);
  }
  console.log(`the library holds ${library.pieceCount} pieces for both`);
  await sim.settle(leecher.torrents[0]!.remove({ data: true }));
  console.log(`and ${library.pieceCount} when the first edition is gone`);
}
