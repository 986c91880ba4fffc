/** What the reference peer has of its torrent: metadata, pieces that are verified, and the file on disk. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BencodedMap, latin1, readBencode } from '../../probe/bencode.ts';
import { blockLength } from '../../probe/wire/messages.ts';

export class Store {
  readonly info: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly length: number;
  readonly data: Uint8Array;
  readonly have: Set<number> = new Set();
  readonly isPrivate: boolean;
  readonly #hashes: Uint8Array;
  readonly #path: string;

  constructor(info: Uint8Array, folder: string) {
    const keys = readBencode(info).value as BencodedMap;
    this.info = info;
    this.length = keys.get('length') as number;
    this.pieceLength = keys.get('piece length') as number;
    this.#hashes = keys.get('pieces') as Uint8Array;
    this.pieceCount = this.#hashes.length / 20;
    this.isPrivate = keys.get('private') === 1;
    this.data = new Uint8Array(this.length);
    this.#path = join(folder, latin1(keys.get('name') as Uint8Array));
    if (!existsSync(this.#path)) return;
    this.data.set(readFileSync(this.#path).subarray(0, this.length));
    for (let piece = 0; piece < this.pieceCount; piece++) if (this.isRight(piece)) this.have.add(piece);
  }

  get isComplete(): boolean {
    return this.have.size === this.pieceCount;
  }

  sizeOf(piece: number): number {
    return Math.min(this.pieceLength, this.length - piece * this.pieceLength);
  }

  isRight(piece: number): boolean {
    const start = piece * this.pieceLength;
    const hash = createHash('sha1')
      .update(this.data.subarray(start, start + this.sizeOf(piece)))
      .digest();
    return hash.equals(this.#hashes.subarray(20 * piece, 20 * piece + 20));
  }

  read(piece: number, begin: number, length: number): Uint8Array {
    const start = piece * this.pieceLength + begin;
    return this.data.subarray(start, start + length);
  }

  write(piece: number, begin: number, data: Uint8Array): void {
    const start = piece * this.pieceLength + begin;
    this.data.set(data.subarray(0, Math.max(0, this.length - start)), start);
  }

  blocksOf(piece: number, size: number = blockLength): readonly { begin: number; length: number }[] {
    const whole = this.sizeOf(piece);
    return Array.from({ length: Math.ceil(whole / size) }, (_, at) => ({
      begin: at * size,
      length: Math.min(size, whole - at * size),
    }));
  }

  save(): void {
    writeFileSync(this.#path, this.data);
  }
}

/** The info dictionary of a .torrent file, byte for byte. */
export function infoIn(torrent: Uint8Array): Uint8Array {
  const at = Buffer.from(torrent).indexOf('4:info') + '4:info'.length;
  // It is the last key of the files that cases make.
  return torrent.subarray(at, torrent.length - 1);
}
