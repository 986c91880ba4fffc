/**
 * A website for the HTTP tests, written on Host.listen with raw bytes, so that a host's HTTP client is judged by something
 * that shares no code with it. And the handler that keeps what a request heard.
 */
import { type Address, concatBytes, type Host, type HttpExchange, type HttpRequest, utf8 } from '../src/index.ts';
import { Ear, listening } from './ear.ts';
import type { HostPair } from './host-pair.ts';

/** What to send for a path: chunks, each in a write of its own, and whether to end the stream after them. */
export interface Page {
  readonly send: readonly (string | Uint8Array)[];
  readonly end?: boolean;
}

export interface Site {
  readonly port: number;
  readonly url: string;
  /** The request heads that arrived, with their line ends. */
  readonly asked: string[];
  readonly visitors: Ear[];
}

/** `b` answers with the page of the path, or hangs up where there is none. */
export async function site(pair: HostPair, pages: Readonly<Record<string, Page>>, ip = pair.v4): Promise<Site> {
  const asked: string[] = [];
  const visitors: Ear[] = [];
  const { port } = await listening(pair, ip, () => {
    let text = '';
    const visitor = new Ear({
      received: (stream, bytes) => {
        for (const byte of bytes) text += String.fromCharCode(byte);
        for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
          const head = text.slice(0, end + 4);
          text = text.slice(end + 4);
          asked.push(head);
          const page = pages[head.split(' ')[1] ?? ''];
          for (const part of page?.send ?? []) stream.write([typeof part === 'string' ? utf8(part) : part]);
          if (page === undefined || page.end === true) stream.end();
        }
      },
    });
    visitors.push(visitor);
    return visitor;
  });
  const name = ip.includes(':') ? `[${ip}]` : ip;
  return { port, url: `http://${name}:${port}`, asked, visitors };
}

/** What a request heard. */
export class Reply {
  readonly heads: { readonly status: number; readonly headers: Readonly<Record<string, string>>; url: string }[] = [];
  readonly permitted: { readonly address: Address; readonly url: string }[] = [];
  readonly #chunks: Uint8Array[] = [];
  length = 0;
  ended = false;
  error: Error | undefined;
  readonly exchange: HttpExchange;

  constructor(
    host: Host,
    request: Omit<HttpRequest, 'permits'> & { readonly permits?: HttpRequest['permits'] },
    on: { readonly head?: (reply: Reply) => void; readonly body?: (reply: Reply) => void } = {},
  ) {
    const permits = request.permits ?? (() => true);
    this.exchange = host.http(
      {
        ...request,
        permits: (address, url) => {
          this.permitted.push({ address, url });
          return permits(address, url);
        },
      },
      {
        head: (status, headers, url) => {
          this.heads.push({ status, headers, url });
          on.head?.(this);
        },
        body: (bytes) => {
          this.#chunks.push(new Uint8Array(bytes));
          this.length += bytes.length;
          on.body?.(this);
        },
        end: (error) => {
          this.ended = true;
          this.error = error;
        },
      },
    );
  }

  get status(): number | undefined {
    return this.heads[0]?.status;
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#chunks);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** Asks and waits for the end. */
export async function fetched(
  pair: HostPair,
  ...request: DropFirst<ConstructorParameters<typeof Reply>>
): Promise<Reply> {
  const reply = new Reply(pair.a, ...request);
  await pair.until(() => reply.ended);
  return reply;
}

type DropFirst<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;
