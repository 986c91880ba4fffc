/** What the reference peer knows of the hash trees of its files (BEP 52): it checks pieces with them, and takes layers that are missing. */
import { type BencodedMap, latin1 } from '../../probe/bencode.ts';
import { hashLength, layersOf, pair, pieceLayerOf } from '../../probe/files/merkle.ts';
import { type HashRange, isSameRange, reached } from '../../probe/wire/hashes.ts';

export interface TreeFile {
  readonly root: Uint8Array;
  /** Where it begins, among all data. */
  readonly start: number;
  readonly length: number;
}

export class Trees {
  readonly pieceLayer: number;
  readonly #files: readonly TreeFile[];
  readonly #pieceLength: number;
  readonly #bugs: ReadonlySet<string>;
  /** By root, the hashes of the pieces, as many as the tree is wide. */
  readonly #layers: Map<string, readonly Uint8Array[]> = new Map();

  constructor(
    files: readonly TreeFile[],
    pieceLength: number,
    layers: BencodedMap | undefined,
    bugs: ReadonlySet<string>,
  ) {
    this.#files = files.filter(({ length }) => length > 0);
    this.#pieceLength = pieceLength;
    this.pieceLayer = pieceLayerOf(pieceLength);
    this.#bugs = bugs;
    for (const wanted of this.#wanted()) {
      const bytes = layers?.get(latin1(wanted.root));
      if (bytes instanceof Uint8Array) this.#layers.set(latin1(wanted.root), this.#padded(wanted, bytes));
    }
  }

  fileAt(offset: number): TreeFile | undefined {
    return this.#files.find(({ start, length }) => start <= offset && offset < start + length);
  }

  /** Several, where some are the same. */
  withRoot(root: Uint8Array): TreeFile | undefined {
    return this.#files.find((each) => same(each.root, root));
  }

  /** False while nobody can tell whether it is right. */
  knows(piece: number): boolean {
    const file = this.fileAt(piece * this.#pieceLength);
    if (file === undefined || this.#bugs.has('needs-layers-of-small-files')) return this.missing().length === 0;
    return this.#isSmall(file) || this.#layers.has(latin1(file.root));
  }

  isRight(piece: number, bytes: Uint8Array): boolean {
    const at = piece * this.#pieceLength;
    const file = this.fileAt(at);
    if (file === undefined || !this.knows(piece)) return false;
    const layers = layersOf(bytes);
    const top = layers.at(-1)![0]!;
    if (this.#isSmall(file)) return same(top, file.root);
    const wanted = this.#layers.get(latin1(file.root))![(at - file.start) / this.#pieceLength];
    return wanted !== undefined && same(raised(top, layers.length - 1, this.pieceLayer), wanted);
  }

  /** One request a file of which the layer is missing: no file of the cases has more pieces than a request may be for. */
  missing(): readonly HashRange[] {
    return this.#wanted().filter(({ root }) => !this.#layers.has(latin1(root)));
  }

  /** False where they prove nothing. */
  accept(range: HashRange, hashes: readonly Uint8Array[], blindly: boolean): boolean {
    const wanted = this.#wanted().some((each) => isSameRange(each, range));
    if (!wanted || hashes.length !== range.length) return false;
    if (!same(reached(range, hashes), range.root) && !blindly) return false;
    this.#layers.set(latin1(range.root), hashes);
    return true;
  }

  #wanted(): readonly HashRange[] {
    const small = this.#bugs.has('needs-layers-of-small-files');
    const files = this.#files.filter((each) => small || !this.#isSmall(each));
    return files.map(({ root, length }) => {
      const width = 2 ** Math.ceil(Math.log2(Math.ceil(length / this.#pieceLength)));
      return { root, base: this.pieceLayer, index: 0, length: width, proofs: 0 };
    });
  }

  #isSmall({ length }: TreeFile): boolean {
    return length <= this.#pieceLength;
  }

  #padded({ length, base }: HashRange, bytes: Uint8Array): readonly Uint8Array[] {
    const padding = raised(new Uint8Array(hashLength), 0, base);
    return Array.from({ length }, (_, at) => {
      const hash = bytes.subarray(at * hashLength, (at + 1) * hashLength);
      return hash.length === hashLength ? hash : padding;
    });
  }
}

/** The node so many layers above one that has nothing but padding beside it. */
function raised(node: Uint8Array, from: number, to: number): Uint8Array {
  let padding: Uint8Array = new Uint8Array(hashLength);
  let at = node;
  for (let layer = 0; layer < to; layer++) {
    if (layer >= from) at = pair(at, padding);
    padding = pair(padding, padding);
  }
  return at;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
