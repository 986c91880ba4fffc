// The few ambient names that protocol packages may use. Everything else that a host offers (timers, fetch, Buffer, process,
// console, crypto, performance) does not exist for the compiler there, so no protocol can reach it except through a Host.

declare class TextEncoder {
  encode(text?: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

// Web streams: only facades use them, so that a browser, Deno, Bun and Node are served alike.
declare class ReadableStream<Chunk> {
  constructor(source: {
    start?(controller: ReadableStreamController<Chunk>): void | Promise<void>;
    pull?(controller: ReadableStreamController<Chunk>): void | Promise<void>;
    cancel?(reason?: unknown): void | Promise<void>;
  });
}

interface ReadableStreamController<Chunk> {
  readonly desiredSize: number | null;
  enqueue(chunk: Chunk): void;
  close(): void;
  error(reason?: unknown): void;
}

declare class WritableStream<Chunk> {
  constructor(sink: {
    start?(controller: WritableStreamController): void | Promise<void>;
    write?(chunk: Chunk): void | undefined | Promise<void>;
    close?(): void | Promise<void>;
    abort?(reason?: unknown): void | Promise<void>;
  });
}

interface WritableStreamController {
  error(reason?: unknown): void;
}

// Cancellation: facades take the signal that every runtime has, and use no more of it than this.
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
