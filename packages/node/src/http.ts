/**
 * HTTP and HTTPS, GET alone. Every address is shown to `permits` before anything is sent to it: the numbers in a URL, all that a
 * name resolves to, and again on each redirect. Certificates are always verified. Content codings are undone as a stream, so a
 * small answer that unfolds to a huge one is bounded by its receiver. Connections are not kept: one request, one connection.
 */
import { lookup } from 'node:dns';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { type Closable, canonicalIp, type HttpExchange, type HttpHandler, type HttpRequest } from '@ferro/core';
import { Body } from './http-body.ts';
import { HttpSocket } from './http-socket.ts';
import { limits } from './limits.ts';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Not imported: that would make a namespace, whose making loads Node's WebSocket client, a tenth of what a program takes to start. */
const loaded = process.getBuiltinModule;
/** What a redirect to another place must not carry there. */
const PRIVATE_HEADERS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

export class Http {
  readonly #buffer = new Uint8Array(limits.receiveBytes);
  readonly #open = new Set<Closable>();

  get(request: HttpRequest, handler: HttpHandler): HttpExchange {
    return new Exchange(request, handler, this.#open, this.#buffer);
  }

  close(): void {
    for (const exchange of this.#open) exchange.close();
  }
}

class Exchange implements HttpExchange {
  readonly #request: HttpRequest;
  readonly #handler: HttpHandler;
  readonly #open: Set<Closable>;
  readonly #buffer: Uint8Array;
  #redirectsLeft: number;
  #connection: ClientRequest | undefined;
  /** Under the request, where there is no TLS in between. */
  #socket: HttpSocket | undefined;
  #body: Body | undefined;
  #paused = false;

  /** `buffer`: where bodies are read to, by all exchanges in turn. */
  constructor(request: HttpRequest, handler: HttpHandler, open: Set<Closable>, buffer: Uint8Array) {
    this.#request = request;
    this.#handler = handler;
    this.#open = open;
    this.#buffer = buffer;
    this.#redirectsLeft = request.redirects ?? 0;
    open.add(this);
    queueMicrotask(() => this.#go(request.url, lowerCase(request.headers ?? {})));
  }

  pause(): void {
    this.#paused = true;
    this.#body?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#body?.resume();
  }

  close(): void {
    this.#open.delete(this);
    this.#letGo();
  }

  get #over(): boolean {
    return !this.#open.has(this);
  }

  #letGo(): void {
    const [connection, body] = [this.#connection, this.#body];
    this.#connection = undefined;
    this.#body = undefined;
    body?.close();
    connection?.destroy();
  }

  #end(error?: Error): void {
    if (this.#over) return;
    this.#open.delete(this);
    this.#letGo();
    this.#handler.end(error);
  }

  #go(address: string, headers: Record<string, string>): void {
    if (this.#over) return;
    try {
      const url = new URL(address);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not HTTP`);
      const connection = this.#connect(url, headers);
      this.#connection = connection;
      connection.on('response', (response) => {
        if (this.#connection === connection) this.#answer(url, headers, response);
        else response.destroy();
      });
      connection.on('error', (error) => {
        if (this.#connection === connection) this.#end(error);
      });
      connection.on('close', () => {
        if (this.#connection === connection && this.#body === undefined) this.#end(new Error('there was no answer'));
      });
      connection.end();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #connect(url: URL, headers: Record<string, string>): ClientRequest {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    const permitted = (ip: string) => {
      const plain = canonicalIp(ip.split('%')[0]!);
      return plain !== undefined && this.#request.permits({ ip: plain, port }, url.href);
    };
    if (isIP(host) !== 0 && !permitted(host)) throw new Refused(host);
    const options = {
      host,
      port,
      path: url.pathname + url.search,
      headers: { 'accept-encoding': 'gzip, deflate, br', ...headers },
      maxHeaderSize: limits.httpHeadBytes,
      ...(url.username === '' && url.password === ''
        ? {}
        : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
    };
    const connection = this.#begin(url, options, lookupPermitted(permitted));
    connection.maxHeadersCount = limits.httpHeaders;
    return connection;
  }

  #begin(url: URL, options: RequestOptions & Place, find: LookupFunction): ClientRequest {
    this.#socket = undefined;
    if (url.protocol === 'https:') {
      return loaded('node:https').request({ ...options, lookup: find, agent: false, rejectUnauthorized: true });
    }
    const createConnection = () => {
      const { host, port } = options;
      this.#socket = new HttpSocket({ host, port, lookup: find }, this.#buffer);
      return this.#socket.socket;
    };
    return loaded('node:http').request({ ...options, createConnection });
  }

  #answer(url: URL, headers: Record<string, string>, response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (REDIRECTS.includes(status) && location !== undefined && this.#redirectsLeft > 0) {
      this.#redirectsLeft--;
      this.#redirect(url, headers, location);
      return;
    }
    this.#handler.head(status, plainHeaders(response), url.href);
    if (this.#over) return;
    const handler = {
      receive: (bytes: Uint8Array) => this.#handler.body(bytes),
      end: (error?: Error) => this.#end(error),
    };
    const body = new Body(response, handler, this.#socket);
    this.#body = body;
    if (this.#paused) body.pause();
    body.start();
  }

  #redirect(from: URL, headers: Record<string, string>, location: string): void {
    this.#letGo();
    if (!URL.canParse(location, from.href)) {
      this.#end(new Error('the redirect leads to no URL'));
      return;
    }
    const to = new URL(location, from.href);
    const kept = Object.entries(headers).filter(
      ([name]) => to.origin === from.origin || !PRIVATE_HEADERS.includes(name),
    );
    this.#go(to.href, Object.fromEntries(kept));
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
}

class Refused extends Error {
  constructor(host: string) {
    super(`no address of ${host} may be connected to`);
  }
}

/** Resolves a name as usual, and lets Node see only the addresses that are permitted. */
function lookupPermitted(permitted: (ip: string) => boolean): LookupFunction {
  return (name, options, found) => {
    lookup(name, { ...options, all: true }, (error, answers) => {
      if (error !== null) return found(error, []);
      const allowed = answers.slice(0, limits.addressesOfName).filter(({ address }) => permitted(address));
      const first = allowed[0];
      if (first === undefined) found(new Refused(name), []);
      else if (options.all === true) found(null, allowed);
      else found(null, first.address, first.family);
    });
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Repeated fields joined, as HTTP allows. */
function plainHeaders(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}
