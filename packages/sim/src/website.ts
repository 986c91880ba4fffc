/** A small website for tests: a function answers GET requests, over any host's listen(). Not a server for the world. */
import { type Address, type Closable, type Host, type Stream, type StreamHandler, utf8 } from '@ferro/core';
import { parseHeaders } from './http-response.ts';
import { limits } from './limits.ts';

export interface WebRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly from: Address;
}

export interface WebAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Undefined: no answer ever comes, and the stream stays open. */
export type Respond = (request: WebRequest) => WebAnswer | undefined;

export function serveWebsite(host: Host, ip: string, port: number, respond: Respond): Closable {
  return host.listen({ ip, port }, { accept: (stream) => new Visitor(stream, respond) });
}

/** Answers with these bodies by path, whole or the one range that is asked for (RFC 9110, range requests). */
export function files(bodies: Readonly<Record<string, Uint8Array>>): Respond {
  return ({ target, headers }) => {
    const path = target.replace(/\?.*$/, '');
    const body = Object.hasOwn(bodies, path) ? bodies[path] : undefined;
    if (body === undefined) return { status: 404 };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '');
    if (range === null) return { body };
    const first = Number(range[1]);
    const last = Math.min(range[2] === '' ? body.length - 1 : Number(range[2]), body.length - 1);
    if (first > last) return { status: 416, headers: { 'content-range': `bytes */${body.length}` } };
    const contentRange = `bytes ${first}-${last}/${body.length}`;
    return { status: 206, headers: { 'content-range': contentRange }, body: body.subarray(first, last + 1) };
  };
}

/** One connection: requests one after the other, until the visitor says that this is the last. */
class Visitor implements StreamHandler {
  readonly #stream: Stream;
  readonly #respond: Respond;
  #text = '';

  constructor(stream: Stream, respond: Respond) {
    this.#stream = stream;
    this.#respond = respond;
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#text += String.fromCharCode(byte);
    for (let end = this.#text.indexOf('\r\n\r\n'); end >= 0; end = this.#text.indexOf('\r\n\r\n')) {
      const head = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 4);
      this.#answer(head);
    }
    if (this.#text.length > limits.httpHeadBytes) this.#stream.close();
  }

  closed(): void {}

  #answer(head: string): void {
    const [first = '', ...lines] = head.split('\r\n');
    const [method, target] = first.split(' ');
    const headers = parseHeaders(lines);
    if (method === undefined || target === undefined || headers === undefined) {
      this.#stream.close();
      return;
    }
    const answer = this.#respond({ method, target, headers, from: this.#stream.remote });
    if (answer === undefined) return;
    const body = typeof answer.body === 'string' ? utf8(answer.body) : (answer.body ?? new Uint8Array(0));
    const fields = Object.entries({ 'content-length': String(body.length), ...answer.headers });
    const start = `HTTP/1.1 ${answer.status ?? 200} Simulated\r\n`;
    const text = `${start}${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    this.#stream.write([utf8(text), body]);
    if (headers['connection'] === 'close') this.#stream.end();
  }
}
