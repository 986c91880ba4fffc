/**
 * The body of an HTTP answer with its content coding undone, part by part: nothing is unfolded before it is asked for, and
 * nothing after close().
 */
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

export interface BodyHandler {
  receive(bytes: Uint8Array): void;
  end(error?: Error): void;
}

/** Output of one step of unfolding: what a receiver that has enough may get too much. */
const STEP = { chunkSize: 65_536 };

export class Body {
  readonly #response: IncomingMessage;
  readonly #handler: BodyHandler;
  #output: Readable | undefined;
  #paused = false;
  #closed = false;

  constructor(response: IncomingMessage, handler: BodyHandler) {
    this.#response = response;
    this.#handler = handler;
  }

  start(): void {
    const response = this.#response;
    response.on('error', (error) => this.#end(error));
    const coding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (coding === 'identity' || coding === '') this.#read(response);
    else if (coding === 'gzip' || coding === 'x-gzip') this.#unfold(createGunzip(STEP));
    else if (coding === 'br') this.#unfold(createBrotliDecompress(STEP));
    else if (coding === 'deflate') this.#unfoldDeflate();
    else this.#end(new Error('the answer has an unknown content coding'));
  }

  pause(): void {
    this.#paused = true;
    this.#output?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#output?.resume();
  }

  close(): void {
    this.#closed = true;
    this.#response.destroy();
    this.#output?.destroy();
  }

  #read(output: Readable): void {
    this.#output = output;
    output.on('data', (bytes: Uint8Array) => {
      // A plain view: slice() of a Buffer would not copy.
      if (!this.#closed) this.#handler.receive(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    });
    output.on('end', () => this.#end());
    output.on('error', (error) => this.#end(error));
    if (this.#paused) output.pause();
  }

  #unfold(decoder: Transform): void {
    this.#response.pipe(decoder);
    this.#read(decoder);
  }

  /** Some servers mean the bare stream by `deflate`, others the one with a header: the first byte tells. */
  #unfoldDeflate(): void {
    this.#response.once('readable', () => {
      if (this.#closed) return;
      const first = this.#response.read() as Uint8Array | null;
      if (first === null) {
        this.#end();
        return;
      }
      this.#response.unshift(first);
      this.#unfold((first[0]! & 15) === 8 ? createInflate(STEP) : createInflateRaw(STEP));
    });
  }

  #end(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.end(error);
  }
}
