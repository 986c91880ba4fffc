/**
 * What is known of one file's hash tree (BEP 52, peer messages: hash request, hashes). It starts with the root alone, takes in
 * what a torrent file or a peer tells if that leads to something known already, answers requests, and checks blocks.
 *
 * From the piece layer up all nodes are kept, 64 bytes a piece; below, leaves are kept for the pieces that were given.
 */
import { concatBytes, equalBytes, sha256 } from '@ferro/core';
import { BLOCK_LENGTH, HASH_LENGTH, hashPair, layersAbove, merkleRoot, paddingHash, pieceLayerOf } from './merkle.ts';

/** The numbers of a hash request, as in the message. */
export interface HashRequest {
  /** Layers above the leaves: 0 asks for leaves. */
  readonly baseLayer: number;
  /** Number of the first wanted hash in that layer, a multiple of `length`. */
  readonly index: number;
  /** How many hashes: a power of two, at least 2. */
  readonly length: number;
  /** How many layers above the base layer may be needed to prove them. */
  readonly proofLayers: number;
}

/** A request covers at most so many hashes. */
const REQUEST_LENGTH_MAX = 512;

export class MerkleTree {
  readonly root: Uint8Array;
  /** Layers above the leaves: the layer of the root. */
  readonly height: number;
  /** The layer whose nodes cover a piece each; the root's, if the file is no longer than a piece. */
  readonly pieceLayer: number;
  readonly #blocks: number;
  /** From the piece layer to the root. A node of zeros is not known yet: no hash is zero. */
  readonly #layers: Uint8Array[] = [];
  /** Piece to the leaves below it, those beyond the file left out. */
  readonly #leaves: Map<number, Uint8Array> = new Map();

  constructor(fileLength: number, pieceLength: number, root: Uint8Array) {
    this.root = root;
    this.#blocks = Math.ceil(fileLength / BLOCK_LENGTH);
    this.height = layersAbove(this.#blocks);
    this.pieceLayer = Math.min(pieceLayerOf(pieceLength), this.height);
    for (let layer = this.pieceLayer; layer <= this.height; layer++) {
      this.#layers.push(new Uint8Array(HASH_LENGTH * this.#width(layer)));
    }
    this.#layers.at(-1)!.set(root);
  }

  /** A node, if it is known or can be made from known ones. A view: do not change it. */
  node(layer: number, index: number): Uint8Array | undefined {
    if (index >= this.#width(layer)) return paddingHash(layer);
    const nodes = this.#layers[layer - this.pieceLayer];
    if (nodes !== undefined) {
      const node = nodes.subarray(HASH_LENGTH * index, HASH_LENGTH * (index + 1));
      return node.every((byte) => byte === 0) ? undefined : node;
    }
    const first = index * 2 ** layer;
    const leaves = this.#leaves.get(Math.floor(first / 2 ** this.pieceLayer));
    if (leaves === undefined) return undefined;
    const at = HASH_LENGTH * (first % 2 ** this.pieceLayer);
    return merkleRoot(leaves.subarray(at, at + HASH_LENGTH * 2 ** layer), 0, layer);
  }

  /** The hashes of all pieces, or undefined while one is missing: an entry of `piece layers`. */
  pieceHashes(): Uint8Array | undefined {
    const nodes = this.#layers[0]!;
    for (let i = 0; i < this.#width(this.pieceLayer); i++) {
      if (this.node(this.pieceLayer, i) === undefined) return undefined;
    }
    return nodes;
  }

  /** Takes an entry of `piece layers`; false if it does not lead to the root. */
  setPieceHashes(hashes: Uint8Array): boolean {
    if (hashes.length !== this.#layers[0]!.length) return false;
    if (!equalBytes(merkleRoot(hashes, this.pieceLayer, this.height), this.root)) return false;
    this.#keep(this.pieceLayer, 0, hashes);
    return true;
  }

  /** Takes the leaves of one piece, as made from its bytes or asked of a peer; false if they do not lead to its hash. */
  setLeaves(piece: number, leaves: Uint8Array): boolean {
    const expected = this.node(this.pieceLayer, piece);
    const perPiece = 2 ** this.pieceLayer;
    const count = Math.min(perPiece, this.#blocks - piece * perPiece);
    if (expected === undefined || leaves.length !== HASH_LENGTH * count) return false;
    if (!equalBytes(merkleRoot(leaves, 0, this.pieceLayer), expected)) return false;
    this.#leaves.set(piece, leaves.slice());
    return true;
  }

  /** Lets go of a piece's leaves: its hash says enough once it is complete. */
  dropLeaves(piece: number): void {
    this.#leaves.delete(piece);
  }

  /** Whether these bytes are that block of the file; undefined while its leaf is not known. */
  verifyBlock(index: number, block: Uint8Array): boolean | undefined {
    const leaf = index < this.#blocks ? this.node(0, index) : undefined;
    return leaf && equalBytes(sha256(block), leaf);
  }

  /** The request that brings the hash of a piece, among its neighbours. */
  pieceHashRequest(piece: number): HashRequest {
    const length = Math.min(REQUEST_LENGTH_MAX, 2 ** (this.height - this.pieceLayer));
    return this.#request(this.pieceLayer, piece - (piece % length), length);
  }

  /** The request that brings the leaves of a piece; where a piece is one block, its leaf is its hash. */
  leafRequest(piece: number): HashRequest {
    if (this.pieceLayer === 0) return this.pieceHashRequest(piece);
    const length = 2 ** this.pieceLayer;
    return this.#request(0, piece * length, length);
  }

  /** The payload of the `hashes` message that answers, or undefined: reject. */
  answer(request: HashRequest): Uint8Array | undefined {
    if (!this.#isValid(request)) return undefined;
    const { baseLayer, index, length } = request;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < length; i++) {
      const node = this.node(baseLayer, index + i);
      if (node === undefined) return undefined;
      parts.push(node);
    }
    const layers = layersAbove(length);
    for (let i = 0, at = index / length; i < uncleCount(request); i++, at = Math.floor(at / 2)) {
      const uncle = this.node(baseLayer + layers + i, at ^ 1);
      if (uncle === undefined) return undefined;
      parts.push(uncle);
    }
    return concatBytes(parts);
  }

  /** Takes the answer to a request. False if it proves nothing: not asked for so, or not leading to a node that is known. */
  accept(request: HashRequest, hashes: Uint8Array): boolean {
    if (!this.#isValid(request)) return false;
    const { baseLayer, index, length } = request;
    const uncles = uncleCount(request);
    if (hashes.length !== HASH_LENGTH * (length + uncles)) return false;
    const base = hashes.subarray(0, HASH_LENGTH * length);
    let layer = baseLayer + layersAbove(length);
    let at = index / length;
    let reached = merkleRoot(base, baseLayer, layer);
    const proven: [layer: number, index: number, node: Uint8Array][] = [];
    for (let i = 0; i < uncles; i++) {
      const uncle = hashes.subarray(HASH_LENGTH * (length + i), HASH_LENGTH * (length + i + 1));
      proven.push([layer, at, reached], [layer, at ^ 1, uncle]);
      reached = at % 2 === 0 ? hashPair(reached, uncle) : hashPair(uncle, reached);
      layer++;
      at = Math.floor(at / 2);
    }
    const known = this.node(layer, at);
    if (known === undefined || !equalBytes(known, reached)) return false;
    for (const [provenLayer, provenIndex, node] of proven) {
      if (provenLayer >= this.pieceLayer) this.#keep(provenLayer, provenIndex, node);
    }
    if (baseLayer >= this.pieceLayer) this.#keep(baseLayer, index, base);
    else if (baseLayer === 0) this.#keepLeaves(index, base);
    return true;
  }

  #width(layer: number): number {
    return Math.ceil(this.#blocks / 2 ** layer);
  }

  #request(baseLayer: number, index: number, length: number): HashRequest {
    return { baseLayer, index, length, proofLayers: Math.max(0, this.height - baseLayer - 1) };
  }

  #isValid({ baseLayer, index, length, proofLayers }: HashRequest): boolean {
    const isPower = length >= 2 && 2 ** layersAbove(length) === length;
    return (
      isPower &&
      baseLayer >= 0 &&
      baseLayer < this.height &&
      index >= 0 &&
      index % length === 0 &&
      index + length <= 2 ** (this.height - baseLayer) &&
      proofLayers >= 0 &&
      baseLayer + proofLayers < this.height
    );
  }

  /** Stores nodes of one layer, and all that can be made from them above. Those beyond the file are not stored. */
  #keep(layer: number, index: number, hashes: Uint8Array): void {
    const nodes = this.#layers[layer - this.pieceLayer]!;
    const at = HASH_LENGTH * index;
    if (at >= nodes.length) return;
    nodes.set(hashes.subarray(0, nodes.length - at), at);
    const count = hashes.length / HASH_LENGTH;
    if (count < 2 || layer === this.height) return;
    const parents = new Uint8Array(HASH_LENGTH * Math.ceil(count / 2));
    for (let i = 0; 2 * i < count; i++) {
      parents.set(
        merkleRoot(hashes.subarray(2 * i * HASH_LENGTH, 2 * (i + 1) * HASH_LENGTH), layer, layer + 1),
        HASH_LENGTH * i,
      );
    }
    this.#keep(layer + 1, index / 2, parents);
  }

  #keepLeaves(index: number, leaves: Uint8Array): void {
    const perPiece = 2 ** this.pieceLayer;
    const bytesPerPiece = HASH_LENGTH * perPiece;
    for (let at = 0; at + bytesPerPiece <= leaves.length; at += bytesPerPiece) {
      const first = index + at / HASH_LENGTH;
      if (first >= this.#blocks) return;
      const count = Math.min(perPiece, this.#blocks - first);
      this.#leaves.set(first / perPiece, leaves.slice(at, at + HASH_LENGTH * count));
    }
  }
}

/** The first layers above the base can be made from the wanted hashes themselves: their uncles are left out. */
function uncleCount({ length, proofLayers }: HashRequest): number {
  return Math.max(0, proofLayers - layersAbove(length) + 1);
}
