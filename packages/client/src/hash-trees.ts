/**
 * The hash trees of a torrent's files (BEP 52, piece layers): they answer hash requests, and collect the layers that a magnet
 * link or a torrent file came without. Leaves are not kept: they are made of a piece's bytes for who has just asked for a block of it.
 */
import { equalBytes, type Instant, toHex } from '@ferro/core';
import { BLOCK_LENGTH, type HashRequest, MerkleTree, type Metainfo } from '@ferro/metainfo';
import type { HashRange } from '@ferro/wire';
import { limits } from './limits.ts';

/** Only hashes of pieces can tell whether they are good, and some are not known. */
export function lacksLayers({ version, files, pieceLength, pieceLayers }: Metainfo): boolean {
  if (version !== 'v2') return false;
  return files.some(
    ({ piecesRoot, length }) => piecesRoot !== undefined && length > pieceLength && !pieceLayers.has(toHex(piecesRoot)),
  );
}

export class HashTrees {
  readonly #pieceLength: number;
  readonly #layers: ReadonlyMap<string, Uint8Array>;
  readonly #files: Map<string, FileOfTree> = new Map();
  /** Made when somebody asks: they are twice as large as the layers. */
  readonly #trees: Map<string, MerkleTree> = new Map();

  constructor({ files, pieceLength, pieceLayers }: Metainfo) {
    this.#pieceLength = pieceLength;
    this.#layers = pieceLayers;
    for (const { piecesRoot, length, offset } of files) {
      if (piecesRoot !== undefined) this.#files.set(toHex(piecesRoot), { length, firstPiece: offset / pieceLength });
    }
  }

  tree(root: Uint8Array): MerkleTree | undefined {
    const key = toHex(root);
    const length = this.#files.get(key)?.length;
    if (length === undefined) return undefined;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      tree = new MerkleTree(length, this.#pieceLength, root.slice());
      const layer = this.#layers.get(key);
      if (layer !== undefined) tree.setPieceHashes(layer);
      this.#trees.set(key, tree);
    }
    return tree;
  }

  /** The pieces below a range of leaves that may be asked for. */
  piecesBelow({ piecesRoot, baseLayer, index, length }: HashRange): readonly PieceOfFile[] {
    const file = this.#files.get(toHex(piecesRoot));
    if (file === undefined || baseLayer !== 0 || length > limits.hashRequestLength) return [];
    const leaves = this.#pieceLength / BLOCK_LENGTH;
    const count = Math.ceil(file.length / this.#pieceLength);
    const end = Math.min(count, Math.ceil((index + length) / leaves));
    const pieces: PieceOfFile[] = [];
    for (let inFile = Math.floor(index / leaves); inFile < end; inFile++) {
      const bytes = Math.min(this.#pieceLength, file.length - inFile * this.#pieceLength);
      pieces.push({ piece: file.firstPiece + inFile, inFile, length: bytes });
    }
    return pieces;
  }
}

interface FileOfTree {
  readonly length: number;
  /** Files of version 2 begin with a piece. */
  readonly firstPiece: number;
}

export interface PieceOfFile {
  readonly piece: number;
  readonly inFile: number;
  /** The last one of a file may be shorter than others. */
  readonly length: number;
}

interface Wanted {
  readonly root: Uint8Array;
  readonly tree: MerkleTree;
  readonly request: HashRequest;
}

/** What is still to be asked for, and who was asked: one request a peer, as each brings the hashes of 512 pieces. */
export class LayerSearch {
  readonly metainfo: Metainfo;
  readonly #waiting: Wanted[] = [];
  readonly #asked: Map<number, { readonly wanted: Wanted; readonly at: Instant }> = new Map();
  /** Peers that have refused, or not answered. */
  readonly #useless: Set<number> = new Set();
  readonly #found: Map<string, MerkleTree> = new Map();

  constructor(metainfo: Metainfo) {
    this.metainfo = metainfo;
    const trees = new HashTrees(metainfo);
    for (const { piecesRoot } of metainfo.files) {
      const tree = piecesRoot && trees.tree(piecesRoot);
      if (piecesRoot === undefined || tree === undefined || tree.pieceHashes() !== undefined) continue;
      const key = toHex(piecesRoot);
      if (this.#found.has(key)) continue;
      this.#found.set(key, tree);
      this.#plan(piecesRoot, tree);
    }
  }

  #plan(root: Uint8Array, tree: MerkleTree): void {
    const pieces = 2 ** (tree.height - tree.pieceLayer);
    for (let piece = 0; piece < pieces; ) {
      const request = tree.pieceHashRequest(piece);
      // Beyond the end of the file all is padding, which is known.
      if (tree.node(tree.pieceLayer, piece) === undefined) this.#waiting.push({ root, tree, request });
      piece += request.length;
    }
  }

  get done(): boolean {
    return this.#waiting.length === 0 && this.#asked.size === 0;
  }

  /** What this peer should be asked, if anything. */
  take(peer: number, now: Instant): HashRange | undefined {
    if (this.#asked.has(peer) || this.#useless.has(peer)) return undefined;
    const wanted = this.#waiting.pop();
    if (wanted === undefined) return undefined;
    this.#asked.set(peer, { wanted, at: now });
    return { piecesRoot: wanted.root, ...wanted.request };
  }

  /** False: these hashes were asked for, and are wrong. What nobody asked for is not looked at. */
  answer(peer: number, range: HashRange, hashes: Uint8Array): boolean {
    const wanted = this.#asked.get(peer)?.wanted;
    if (wanted === undefined || !isAbout(range, wanted)) return true;
    this.#asked.delete(peer);
    if (wanted.tree.accept(wanted.request, hashes)) return true;
    this.#waiting.push(wanted);
    return false;
  }

  /** It will not answer, or is gone. Others are asked. */
  giveUp(peer: number): void {
    const asked = this.#asked.get(peer);
    this.#useless.add(peer);
    if (asked === undefined) return;
    this.#asked.delete(peer);
    this.#waiting.push(asked.wanted);
  }

  /** Gives up those that were asked before that time. */
  giveUpLate(before: Instant): void {
    for (const [peer, { at }] of this.#asked) if (at <= before) this.giveUp(peer);
  }

  /** The torrent with all that was found. */
  result(): Metainfo {
    const pieceLayers = new Map(this.metainfo.pieceLayers);
    for (const [root, tree] of this.#found) {
      const hashes = tree.pieceHashes();
      if (hashes !== undefined) pieceLayers.set(root, hashes);
    }
    return { ...this.metainfo, pieceLayers };
  }
}

function isAbout(range: HashRange, { root, request }: Wanted): boolean {
  return (
    equalBytes(range.piecesRoot, root) &&
    range.baseLayer === request.baseLayer &&
    range.index === request.index &&
    range.length === request.length &&
    range.proofLayers === request.proofLayers
  );
}
