/** The handler that tests put on a stream: it keeps what it heard, in order. */
import { concatBytes, type Stream, type StreamHandler } from '../src/index.ts';
import type { HostPair } from './host-pair.ts';

export class Ear implements StreamHandler {
  /** Names of the calls, receive() once for any number in a row. */
  readonly calls: string[] = [];
  readonly ended?: () => void;
  readonly #chunks: Uint8Array[] = [];
  readonly #on: EarOptions;
  length = 0;
  error: Error | undefined;
  #stream: Stream | undefined;

  constructor(on: EarOptions = {}) {
    this.#on = on;
    if (on.ended !== undefined) {
      const ended = on.ended;
      this.ended = () => {
        this.#heard('ended');
        ended(this.stream);
      };
    }
  }

  get stream(): Stream {
    if (this.#stream === undefined) throw new Error('the stream has not opened');
    return this.#stream;
  }

  get isOpen(): boolean {
    return this.calls.includes('opened') && !this.isClosed;
  }

  get isClosed(): boolean {
    return this.calls.includes('closed');
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#chunks);
  }

  opened(stream: Stream): void {
    this.#heard('opened');
    this.#stream = stream;
    this.#on.opened?.(stream);
  }

  receive(bytes: Uint8Array): void {
    if (this.calls.at(-1) !== 'receive') this.#heard('receive');
    this.#chunks.push(new Uint8Array(bytes));
    this.length += bytes.length;
    this.#on.received?.(this.stream, bytes);
  }

  writable(): void {
    if (this.calls.at(-1) !== 'writable') this.#heard('writable');
    this.#on.writable?.(this.stream);
  }

  closed(error?: Error): void {
    this.#heard('closed');
    this.error = error;
  }

  #heard(call: string): void {
    this.calls.push(call);
  }
}

export interface EarOptions {
  readonly opened?: (stream: Stream) => void;
  readonly received?: (stream: Stream, bytes: Uint8Array) => void;
  readonly writable?: (stream: Stream) => void;
  /** With it the ear stays half open when the other side ends. */
  readonly ended?: (stream: Stream) => void;
}

export interface Connection {
  readonly client: Ear;
  readonly server: Ear;
  readonly port: number;
  stopListening(): void;
}

/** `a` connects to a listener of `b`; both are open. */
export async function connected(
  pair: HostPair,
  options: { readonly ip?: string; readonly client?: EarOptions; readonly server?: EarOptions } = {},
): Promise<Connection> {
  const ip = options.ip ?? pair.v4;
  const server = new Ear(options.server);
  const { port, close } = await listening(pair, ip, () => server);
  const client = new Ear(options.client);
  pair.a.connect({ ip, port }, client);
  await pair.until(() => client.calls.includes('opened') && server.calls.includes('opened'));
  return { client, server, port, stopListening: close };
}

/** A listener of `b` that is ready. */
export async function listening(
  pair: HostPair,
  ip: string | undefined,
  accept: (stream: Stream) => StreamHandler,
): Promise<{ port: number; close(): void }> {
  let port = 0;
  const listener = pair.b.listen(
    { port: 0, ...(ip === undefined ? {} : { ip }) },
    {
      accept,
      ready: (local) => {
        port = local.port;
      },
    },
  );
  await pair.until(() => port > 0);
  return { port, close: () => listener.close() };
}
