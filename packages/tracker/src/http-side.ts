/**
 * The tracker's HTTP port: many connections, each a core of its own, and what they ask (BEP 3, trackers; BEP 7, peers6; BEP 23; BEP
 * 24; BEP 31; BEP 48). Beside the tracker it serves pages for people and monitors. It speaks no TLS: a proxy in front does.
 */
import type { Address, Closable, Endpoint, Host, Listener, Stream } from '@ferro/core';
import { headerLines, pathOf } from '@ferro/tracker-http';
import { HttpConnection } from './http-connection.ts';
import { HttpQuestions } from './http-questions.ts';
import { limits } from './limits.ts';
import type { Rules } from './rules.ts';

/** A page that is no answer of a tracker. */
export interface Page {
  readonly type: string;
  readonly body: Uint8Array;
}

const PLAIN = headerLines({ 'Content-Type': 'text/plain' });
const NOT_FOUND = new TextEncoder().encode('there is nothing here; announce at /announce\n');

export class HttpSide {
  readonly #host: Host;
  readonly #rules: Rules;
  readonly #listener: Listener;
  readonly #questions: HttpQuestions;
  readonly #pages: (path: string) => Page | undefined;
  readonly #connections = new Set<HttpConnection>();
  readonly #perAddress = new Map<string, number>();
  #sweeper: Closable | undefined;
  #closing = false;

  constructor(
    host: Host,
    at: Endpoint,
    rules: Rules,
    pages: (path: string) => Page | undefined,
    notify: { ready(at: Address): void; failed(error: Error): void },
  ) {
    this.#host = host;
    this.#rules = rules;
    this.#pages = pages;
    this.#questions = new HttpQuestions(rules);
    this.#listener = host.listen(at, { ...notify, accept: (stream) => this.#accept(stream) });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Accepts nobody any more. Connections that wait for no answer end now, the others with their answers. */
  stop(): void {
    this.#closing = true;
    this.#listener.close();
    for (const connection of [...this.#connections]) connection.finish();
  }

  close(): void {
    this.#listener.close();
    this.#sweeper?.close();
    for (const connection of [...this.#connections]) connection.close();
    this.#connections.clear();
  }

  #accept(stream: Stream): HttpConnection {
    const { ip } = stream.remote;
    const connection = new HttpConnection(this.#host, {
      asked: (request) => this.#asked(connection, request.id, request.target, stream.remote),
      refused: () => this.#rules.counts.ignored++,
      gone: () => this.#forget(connection, ip),
    });
    const open = this.#perAddress.get(ip) ?? 0;
    if (this.#closing || this.#connections.size >= limits.connections || open >= limits.connectionsPerAddress) {
      this.#rules.counts.ignored++;
      connection.reject();
      return connection;
    }
    this.#perAddress.set(ip, open + 1);
    this.#connections.add(connection);
    this.#sweeper ??= this.#host.at(this.#host.now() + limits.sweepMs, () => this.#sweep());
    return connection;
  }

  #asked(connection: HttpConnection, id: number, target: Uint8Array, from: Address): void {
    const asked = this.#questions.ask(target, from, (body) => connection.respond(id, 200, PLAIN, body));
    if (asked) return;
    const page = this.#pages(pathOf(target));
    if (page === undefined) connection.respond(id, 404, PLAIN, NOT_FOUND);
    else connection.respond(id, 200, headerLines({ 'Content-Type': page.type }), page.body);
  }

  #forget(connection: HttpConnection, ip: string): void {
    if (!this.#connections.delete(connection)) return;
    const open = this.#perAddress.get(ip)! - 1;
    if (open === 0) this.#perAddress.delete(ip);
    else this.#perAddress.set(ip, open);
  }

  /** One timer for all: to set one for each of a thousand requests a second would cost more than to look. */
  #sweep(): void {
    this.#sweeper = undefined;
    const now = this.#host.now();
    for (const connection of [...this.#connections]) connection.tick(now);
    if (this.#connections.size > 0) {
      this.#sweeper = this.#host.at(now + limits.sweepMs, () => this.#sweep());
    }
  }
}
