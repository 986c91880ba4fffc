/** A sparse file in blocks that remembers, of each block changed since the last sync, what it was before. */
import type { Random } from './random.ts';

const BLOCK = 16_384;
/** What a disk writes whole or not at all. */
const SECTOR = 512;

export class DiskFile {
  length = 0;
  modified = 0;
  readonly #blocks = new Map<number, Uint8Array>();
  /** What changed blocks were when last synced; undefined: there was none. */
  readonly #before = new Map<number, Uint8Array | undefined>();
  /** The length when last synced; undefined: the file is not yet sure to exist. */
  #syncedLength: number | undefined;

  get allocated(): number {
    return this.#blocks.size * BLOCK;
  }

  /** Bytes that a write would add to `allocated`. */
  newBlocks(at: number, length: number): number {
    let blocks = 0;
    for (let index = Math.floor(at / BLOCK); index * BLOCK < at + length; index++) {
      if (!this.#blocks.has(index)) blocks++;
    }
    return blocks * BLOCK;
  }

  write(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((at + done) / BLOCK);
      const offset = at + done - index * BLOCK;
      const part = bytes.subarray(done, done + BLOCK - offset);
      this.#changeable(index).set(part, offset);
      done += part.length;
    }
    this.length = Math.max(this.length, at + bytes.length);
  }

  /** The caller has made sure that the file is long enough. What was never written is zeros. */
  read(at: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const index = Math.floor((at + done) / BLOCK);
      const offset = at + done - index * BLOCK;
      const length = Math.min(BLOCK - offset, into.length - done);
      const block = this.#blocks.get(index);
      if (block === undefined) into.fill(0, done, done + length);
      else into.set(block.subarray(offset, offset + length), done);
      done += length;
    }
  }

  sync(): void {
    this.#before.clear();
    this.#syncedLength = this.length;
  }

  /** The power went. False: the file is gone. */
  crash(random: Random): boolean {
    if (this.#syncedLength === undefined && random.chance(0.5)) return false;
    for (const [index, before] of this.#before) {
      const fate = random.float();
      if (fate < 1 / 3) continue;
      const torn = fate < 2 / 3 ? random.integer(BLOCK / SECTOR + 1) * SECTOR : 0;
      const old = before?.slice() ?? new Uint8Array(BLOCK);
      old.set(this.#blocks.get(index)!.subarray(0, torn));
      this.#blocks.set(index, old);
    }
    if (random.chance(0.5)) this.length = this.#syncedLength ?? 0;
    for (const index of this.#blocks.keys()) if (index * BLOCK >= this.length) this.#blocks.delete(index);
    this.sync();
    return true;
  }

  /** A block that may be written to: the synced one is kept aside the first time. */
  #changeable(index: number): Uint8Array {
    const block = this.#blocks.get(index);
    if (block !== undefined && this.#before.has(index)) return block;
    const changed = block?.slice() ?? new Uint8Array(BLOCK);
    this.#before.set(index, block);
    this.#blocks.set(index, changed);
    return changed;
  }
}
