/** What was written to a stream and is not yet on its way: chunks by reference, and who wants to know when they are gone. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly sent: (() => void) | undefined;
}

export class Outbox {
  #chunks: Chunk[] = [];
  /** The first chunk not wholly taken, and how much of it is. */
  #first = 0;
  #taken = 0;
  /** Bytes that wait. */
  length = 0;

  add(chunks: readonly Uint8Array[], sent?: () => void): void {
    for (const bytes of chunks) {
      this.#chunks.push({ bytes, sent: undefined });
      this.length += bytes.length;
    }
    if (sent !== undefined) this.#chunks.push({ bytes: NOTHING, sent });
  }

  /** A copy of the next bytes; whoever is wholly gone with them is added to `sent`. */
  take(length: number, sent: (() => void)[]): Uint8Array {
    const part = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const { bytes } = this.#chunks[this.#first]!;
      const piece = bytes.subarray(this.#taken, this.#taken + length - at);
      part.set(piece, at);
      at += piece.length;
      this.#taken += piece.length;
      if (this.#taken === bytes.length) this.#next(sent);
    }
    this.length -= length;
    this.takeEmpty(sent);
    return part;
  }

  /** Whoever waits for nothing more. */
  takeEmpty(sent: (() => void)[]): void {
    while (this.#chunks[this.#first]?.bytes.length === 0) this.#next(sent);
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#taken = 0;
    this.length = 0;
  }

  #next(sent: (() => void)[]): void {
    const { sent: run } = this.#chunks[this.#first]!;
    if (run !== undefined) sent.push(run);
    this.#first++;
    this.#taken = 0;
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }
}

const NOTHING = new Uint8Array(0);
