/**
 * One file of a torrent, readable while it is still coming: what a reader waits for is asked for first, and a little ahead of
 * it. As an async iterable of chunks, or as a web stream for players and HTTP responses.
 */
import { limits } from './limits.ts';
import { feedHungry } from './torrent/request.ts';
import type { Swarm } from './torrent/swarm.ts';
import type { Loaded } from './uploads.ts';

export interface ByteRange {
  /** First byte; default 0. */
  readonly start?: number;
  /** The byte after the last; default: the length of the file. */
  readonly end?: number;
}

export class FileHandle {
  readonly index: number;
  readonly path: readonly string[];
  readonly length: number;
  readonly padding: boolean;
  readonly #swarm: Swarm;

  constructor(swarm: Swarm, index: number) {
    const file = swarm.content!.layout.files[index]!;
    this.#swarm = swarm;
    this.index = index;
    this.path = file.path;
    this.length = file.length;
    this.padding = file.padding;
  }

  /** Verified bytes of this file, by whole pieces. */
  get done(): number {
    const { layout, picker } = this.#swarm.content!;
    if (this.length === 0) return 0;
    const { offset } = layout.files[this.index]!;
    const { first, end } = layout.piecesOf(this.index);
    let done = 0;
    for (let piece = first; piece < end; piece++) {
      if (!picker.has(piece)) continue;
      const from = Math.max(offset, piece * layout.pieceLength);
      done += Math.min(offset + this.length, piece * layout.pieceLength + layout.lengthOf(piece)) - from;
    }
    return done;
  }

  /** Chunks in order, each at most a piece; waits for what is not here yet. */
  async *read(range: ByteRange = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const start = range.start ?? 0;
    const end = range.end ?? this.length;
    if (!(start >= 0 && start <= end && end <= this.length))
      throw new RangeError(`no bytes ${start} to ${end} in ${this.length}`);
    const { layout } = this.#swarm.content!;
    const { offset } = layout.files[this.index]!;
    const lastPiece = Math.floor((offset + end - 1) / layout.pieceLength);
    let at = offset + start;
    try {
      while (at < offset + end) {
        const piece = Math.floor(at / layout.pieceLength);
        this.#hurry(piece, lastPiece);
        const begin = at - piece * layout.pieceLength;
        const length = Math.min(layout.lengthOf(piece) - begin, offset + end - at);
        yield await this.#bytesOf(piece, begin, length);
        at += length;
      }
    } finally {
      this.#relax(Math.floor((offset + start) / layout.pieceLength), lastPiece);
    }
  }

  /** The same as a web stream. */
  stream(range: ByteRange = {}): ReadableStream<Uint8Array> {
    const chunks = this.read(range);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return();
      },
    });
  }

  /** This piece now, the next ones soon after. */
  #hurry(piece: number, last: number): void {
    const swarm = this.#swarm;
    swarm.engine.step(() => {
      const { picker } = swarm.content!;
      const ahead = Math.min(last, piece + limits.streamAhead);
      for (let next = piece; next <= ahead; next++) {
        if (picker.has(next)) continue;
        if (!picker.wants(next)) picker.setPriority(next, 3);
        picker.setDeadline(next, swarm.now + (next - piece) * 1000);
      }
      feedHungry(swarm);
    });
  }

  #relax(first: number, last: number): void {
    const picker = this.#swarm.content?.picker;
    for (let piece = first; piece <= last; piece++) picker?.setDeadline(piece, undefined);
  }

  async #bytesOf(piece: number, begin: number, length: number): Promise<Uint8Array> {
    const swarm = this.#swarm;
    if (!swarm.content!.picker.has(piece)) {
      const here = await new Promise<boolean>((resolve) => void swarm.waiting.wait(piece, resolve));
      if (!here) throw new Error('the torrent was removed');
    }
    const loaded = await this.#load(piece);
    try {
      return loaded.bytes.slice(begin, begin + length);
    } finally {
      loaded.pins--;
    }
  }

  /** The piece in memory, pinned. */
  #load(piece: number): Promise<Loaded> {
    const swarm = this.#swarm;
    return new Promise((resolve, reject) => {
      const attempt = () => {
        const uploads = swarm.content?.uploads;
        if (uploads === undefined || swarm.state === 'closed') return reject(new Error('the torrent was removed'));
        const take = (loaded: Loaded | undefined) => {
          if (loaded === undefined) return reject(new Error(`piece ${piece} could not be read`));
          loaded.pins++;
          resolve(loaded);
        };
        const ready = uploads.get(piece);
        if (ready !== undefined) take(ready);
        // No memory now: it comes back when pieces are stored or sent.
        else if (!uploads.load(piece, take)) swarm.host.at(swarm.host.now() + 50, () => swarm.engine.step(attempt));
      };
      swarm.engine.step(attempt);
    });
  }
}
