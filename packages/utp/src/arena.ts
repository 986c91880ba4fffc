/** Copies of what packets carried (BEP 29, ST_DATA), one after the other in large blocks: a reader wants few chunks, not many packets. */

const BLOCK_BYTES = 262_144;

export class Arena {
  #block: Uint8Array = new Uint8Array(0);
  #end = 0;

  /** Appends a copy to the last of the chunks if it lies right behind it, or else as a new chunk. */
  append(chunks: Uint8Array[], bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#block.length) {
      this.#block = new Uint8Array(Math.max(BLOCK_BYTES, bytes.length));
      this.#end = 0;
    }
    this.#block.set(bytes, this.#end);
    const last = chunks.at(-1);
    const joins =
      last !== undefined && last.buffer === this.#block.buffer && last.byteOffset + last.length === this.#end;
    const start = joins ? last.byteOffset : this.#end;
    this.#end += bytes.length;
    const chunk = this.#block.subarray(start, this.#end);
    if (joins) chunks[chunks.length - 1] = chunk;
    else chunks.push(chunk);
  }
}
