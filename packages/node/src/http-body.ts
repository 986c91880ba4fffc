/**
 * The body of an HTTP answer with its content coding undone, part by part: nothing is unfolded before it is asked for, and
 * nothing after close(). A body without a coding, of a length that is known, is read from the socket itself: large ones are so.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { HttpSocket } from './http-socket.ts';

export interface BodyHandler {
  receive(bytes: Uint8Array): void;
  end(error?: Error): void;
}

/** Output of one step of unfolding: what a receiver that has enough may get too much. */
const STEP = { chunkSize: 65_536 };

export class Body {
  readonly #response: IncomingMessage;
  readonly #handler: BodyHandler;
  readonly #socket: HttpSocket | undefined;
  /** Bytes still to come, of a body that is read from the socket. */
  #left = 0;
  #output: Readable | undefined;
  #paused = false;
  #closed = false;

  /** `socket`: under the answer, if it may be read from directly. */
  constructor(response: IncomingMessage, handler: BodyHandler, socket: HttpSocket | undefined) {
    this.#response = response;
    this.#handler = handler;
    this.#socket = socket;
  }

  start(): void {
    const response = this.#response;
    response.on('error', (error) => this.#end(error));
    const coding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (coding === 'identity' || coding === '') this.#readPlain(response);
    else if (coding === 'gzip' || coding === 'x-gzip') this.#unfold(createGunzip(STEP));
    else if (coding === 'br') this.#unfold(createBrotliDecompress(STEP));
    else if (coding === 'deflate') this.#unfoldDeflate();
    else this.#end(new Error('the answer has an unknown content coding'));
  }

  pause(): void {
    this.#paused = true;
    this.#output?.pause();
    if (this.#left > 0) this.#socket?.socket.pause();
  }

  /** What the parser has of the body comes before what is on the socket. */
  resume(): void {
    this.#paused = false;
    this.#output?.resume();
    if (this.#left > 0) this.#socket?.socket.resume();
  }

  close(): void {
    this.#closed = true;
    this.#response.destroy();
    this.#output?.destroy();
  }

  /** The parser is given no more of a body that it would only copy. It still tells when the connection breaks. */
  #readPlain(response: IncomingMessage): void {
    const { statusCode = 0, headers } = response;
    const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : 0;
    if (this.#socket !== undefined && length > 0 && statusCode !== 204 && statusCode !== 304) {
      this.#left = length;
      this.#socket.takeOver((bytes) => this.#receive(bytes.subarray(0, this.#left)));
      if (this.#paused) this.#socket.socket.pause();
    }
    this.#read(response);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    // A plain view: slice() of a Buffer would not copy.
    this.#handler.receive(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    if (this.#left === 0) return;
    this.#left -= bytes.length;
    if (this.#left === 0) this.#end();
  }

  #read(output: Readable): void {
    this.#output = output;
    output.on('data', (bytes: Uint8Array) => this.#receive(bytes));
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
