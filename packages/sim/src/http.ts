/**
 * Host.http in a simulation: GET over simulated streams, one stream a request, redirects followed, every address asked for
 * before it is connected to. https is spoken like http, on port 443: there is nobody to listen in.
 */
import {
  type Address,
  type Closable,
  formatAddress,
  type Host,
  type HttpExchange,
  type HttpHandler,
  type HttpRequest,
  type Stream,
  utf8,
} from '@ferro/core';
import { type ResponseEvent, ResponseReader } from './http-response.ts';
import { type HttpUrl, parseUrl, resolveUrl } from './url.ts';

/** What an exchange needs of its host. */
export type HttpHost = Pick<Host, 'resolve' | 'connect' | 'at' | 'now'>;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export class SimulatedExchange implements HttpExchange {
  readonly #host: HttpHost;
  readonly #request: HttpRequest;
  readonly #handler: HttpHandler;
  #redirectsLeft: number;
  #url: HttpUrl | undefined;
  /** Addresses not yet tried. */
  #addresses: Address[] = [];
  #step: Closable | undefined;
  #stream: Stream | undefined;
  #reader = new ResponseReader();
  /** What was heard while paused; its bytes are copies. */
  #waiting: ResponseEvent[] = [];
  #isPaused = false;
  #isOver = false;

  constructor(host: HttpHost, request: HttpRequest, handler: HttpHandler) {
    this.#host = host;
    this.#request = request;
    this.#handler = handler;
    this.#redirectsLeft = request.redirects ?? 0;
    this.#ask(parseUrl(request.url));
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#soon(() => {
      this.#hear(this.#waiting.splice(0));
      if (!this.#isPaused) this.#stream?.resume();
    });
  }

  close(): void {
    this.#isOver = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#step?.close();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #soon(run: () => void): void {
    this.#step?.close();
    this.#step = this.#host.at(this.#host.now(), run);
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.close();
    this.#handler.end(error);
  }

  #ask(url: HttpUrl | undefined): void {
    this.#letGo();
    this.#url = url;
    this.#reader = new ResponseReader();
    if (url === undefined) this.#soon(() => this.#finish(new Error(`${this.#request.url} cannot be asked`)));
    else {
      this.#step = this.#host.resolve(url.host, (answer) => {
        if (answer instanceof Error) this.#finish(answer);
        else {
          this.#addresses = answer.map((ip) => ({ ip, port: url.port }));
          this.#tryNext(url, new Error(`${url.host} has no address`));
        }
      });
    }
  }

  /** Connects to the next address that is permitted; with none left, `error` is the end. */
  #tryNext(url: HttpUrl, error: Error): void {
    const address = this.#addresses.shift();
    if (address === undefined) this.#finish(error);
    else if (this.#request.permits(address, url.text)) this.#connect(url, address);
    else if (!this.#isOver) this.#tryNext(url, new Error(`${formatAddress(address)} is not permitted`));
  }

  #connect(url: HttpUrl, address: Address): void {
    if (this.#isOver) return;
    let opened = false;
    const stream = this.#host.connect(address, {
      opened: () => {
        opened = true;
        stream.write([utf8(this.#head(url))]);
        if (this.#isPaused) stream.pause();
      },
      receive: (bytes) => this.#hear(this.#reader.receive(bytes)),
      ended: () => this.#hear(this.#reader.finish()),
      closed: (error) => {
        this.#stream = undefined;
        if (opened) this.#finish(error ?? new Error('the answer is cut off'));
        else this.#tryNext(url, error ?? new Error('the connection was refused'));
      },
    });
    this.#stream = stream;
  }

  #head(url: HttpUrl): string {
    const headers = { host: url.authority, connection: 'close', ...this.#request.headers };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `GET ${url.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  #hear(events: readonly ResponseEvent[]): void {
    for (const [index, event] of events.entries()) {
      if (this.#isOver) return;
      if (this.#isPaused) {
        for (const late of events.slice(index)) {
          this.#waiting.push(late.type === 'body' ? { type: 'body', bytes: late.bytes.slice() } : late);
        }
        return;
      }
      if (event.type === 'head' && this.#follows(event.status, event.headers['location'])) return;
      this.#tell(event);
    }
  }

  /** True: the answer is a redirect, and the next request is on its way. */
  #follows(status: number, location: string | undefined): boolean {
    if (!REDIRECTS.has(status) || location === undefined || this.#redirectsLeft <= 0) return false;
    const next = resolveUrl(location, this.#url!);
    if (next === undefined) return false;
    this.#redirectsLeft--;
    this.#ask(next);
    return true;
  }

  #tell(event: ResponseEvent): void {
    if (event.type === 'head') this.#handler.head(event.status, event.headers, this.#url!.text);
    else if (event.type === 'body') this.#handler.body(event.bytes);
    else this.#finish(event.type === 'failed' ? event.error : undefined);
  }
}
