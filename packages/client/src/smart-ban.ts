/**
 * Who lied? When a piece is corrupt, the hash of each of its blocks is kept with the peer that sent it; when a good copy
 * arrives, whoever sent a different block is named. Until then they are suspects and get pieces of their own, so that the
 * next corrupt piece has one sender only. No BEP; the hashes are SHA-1, since a weaker sum could be made to agree.
 */
import { equalBytes, sha1 } from '@ferro/core';
import { limits } from './limits.ts';
import { BLOCK_LENGTH, type OpenPiece } from './pieces.ts';

interface Evidence {
  readonly sender: string;
  readonly block: number;
  readonly hash: Uint8Array;
}

export class SmartBan {
  /** Per corrupt piece, at most a few copies of each block. */
  readonly #evidence = new Map<number, Evidence[]>();

  /** A piece was corrupt. Returns the one liar if there was only one sender; else all are suspects. */
  corrupt(piece: OpenPiece, senderOf: (key: number) => string): { liar?: string; suspects: readonly string[] } {
    const senders = new Set(Array.from(piece.writers, senderOf));
    if (senders.size === 1) return { liar: [...senders][0]!, suspects: [] };
    const list = this.#evidence.get(piece.index) ?? [];
    for (let block = 0; block < piece.blockCount && list.length < 4 * piece.blockCount; block++) {
      list.push({ sender: senderOf(piece.writers[block]!), block, hash: blockHash(piece, block) });
    }
    this.#evidence.delete(piece.index);
    this.#evidence.set(piece.index, list);
    if (this.#evidence.size > limits.suspects) this.#evidence.delete(this.#evidence.keys().next().value!);
    return { suspects: [...senders] };
  }

  /** The piece is good now: who had sent something else? And who is cleared? */
  good(piece: OpenPiece): { liars: readonly string[]; cleared: readonly string[] } {
    const list = this.#evidence.get(piece.index);
    if (list === undefined) return { liars: [], cleared: [] };
    this.#evidence.delete(piece.index);
    const truth = new Map<number, Uint8Array>();
    const liars = new Set<string>();
    for (const { sender, block, hash } of list) {
      let real = truth.get(block);
      if (real === undefined) {
        real = blockHash(piece, block);
        truth.set(block, real);
      }
      if (!equalBytes(real, hash)) liars.add(sender);
    }
    return { liars: [...liars], cleared: [...new Set(list.map((entry) => entry.sender))].filter((s) => !liars.has(s)) };
  }
}

function blockHash(piece: OpenPiece, block: number): Uint8Array {
  const begin = block * BLOCK_LENGTH;
  return sha1(piece.bytes.subarray(begin, begin + piece.blockLength(block)));
}
