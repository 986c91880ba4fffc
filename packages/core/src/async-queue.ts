/**
 * From callbacks to `for await`: the facades push, a reader pulls. Bounded: when the reader is too slow the oldest values
 * are dropped and counted. One reader at a time.
 */
import { limits } from './limits.ts';

export class AsyncQueue<Value> implements AsyncIterableIterator<Value> {
  readonly #waiting: Value[] = [];
  readonly #limit: number;
  readonly #onReturn: (() => void) | undefined;
  #reader: { resolve(result: IteratorResult<Value>): void; reject(error: unknown): void } | undefined;
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  /** How many values a slow reader has lost. */
  dropped = 0;

  /** `onReturn` runs when the reader leaves its loop early. */
  constructor(options: { readonly limit?: number; readonly onReturn?: () => void } = {}) {
    this.#limit = options.limit ?? limits.queueLength;
    this.#onReturn = options.onReturn;
  }

  push(value: Value): void {
    if (this.#done) return;
    if (this.#reader !== undefined) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.resolve({ done: false, value });
      return;
    }
    if (this.#waiting.length >= this.#limit) {
      this.#waiting.shift();
      this.dropped++;
    }
    this.#waiting.push(value);
  }

  /** What waits is still delivered; then the loop ends, or throws `error`. */
  end(error?: unknown): void {
    if (this.#done) return;
    this.#done = true;
    if (error !== undefined) this.#failure = { error };
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    if (this.#failure === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(this.#takeFailure());
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#waiting.shift()! });
    if (this.#failure !== undefined) return Promise.reject(this.#takeFailure());
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Value>> {
    this.#waiting.length = 0;
    this.end();
    this.#onReturn?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeFailure(): unknown {
    const error = this.#failure?.error;
    this.#failure = undefined;
    return error;
  }
}
