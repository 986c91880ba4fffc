/** The reference HTTP tracker's connections (BEP 3, trackers): requests by hand, one answer each, kept open as HTTP/1.1 asks. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Reference } from '../../family.ts';
import type { Target } from '../../target/target.ts';
import { type Asked, HttpAnswers } from './http-answers.ts';
import { httpBugs } from './http-bugs.ts';
import { rememberingBugs } from './swarms.ts';

export const httpTrackerReference: Reference = {
  name: 'reference HTTP tracker',
  bugs: {
    ...rememberingBugs(
      'forgets-peers',
      'source-address-lost',
      'lists-requester',
      'keeps-stopped',
      'completed-not-counted',
      'downloaded-falls',
      'seeds-as-leechers',
      'lists-seeds-to-seeds',
      'one-swarm',
      'ghost-of-old-port',
      'trusts-address-parameter',
      'ignores-numwant',
      'never-forgets',
      'scrape-joins',
      'paused-are-downloaders',
      'loses-updates',
    ),
    ...httpBugs,
  },
  async open(bugs) {
    const server = new HttpTrackerServer(bugs);
    const port = await server.listen('127.0.0.1');
    const port6 = await server.listen('::1').catch(() => undefined);
    const path = '/announce';
    const target: Target = {
      name: httpTrackerReference.name,
      endpoints: {
        http: { ip: '127.0.0.1', port, path, host: `127.0.0.1:${port}` },
        ...(port6 !== undefined && { http6: { ip: '::1', port: port6, path, host: `[::1]:${port6}` } }),
      },
      roles: [],
      advance: (ms) => server.answers.advance(ms),
      close: () => server.close(),
    };
    return target;
  },
};

class HttpTrackerServer {
  readonly answers: HttpAnswers;
  readonly #bugs: ReadonlySet<string>;
  readonly #servers: Server[] = [];
  readonly #sockets: Set<Socket> = new Set();

  constructor(bugs: ReadonlySet<string>) {
    this.#bugs = bugs;
    this.answers = new HttpAnswers(bugs, () => this.#die());
  }

  listen(ip: string): Promise<number> {
    const server = createServer((socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, ip, () => {
        this.#servers.push(server);
        resolve((server.address() as { port: number }).port);
      });
    });
  }

  async close(): Promise<void> {
    this.#die();
    await Promise.resolve();
  }

  /** Nobody is answered any more. */
  #die(): void {
    for (const server of this.#servers.splice(0)) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let heard = '';
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      heard = this.#answerAll(socket, heard);
    });
  }

  /** Answers the complete requests; gives back the rest. */
  #answerAll(socket: Socket, heard: string): string {
    for (let rest = heard; ; ) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return rest;
      const [line = '', ...headers] = rest.slice(0, end).split('\r\n');
      rest = rest.slice(end + 4);
      const [method = '', target = '', version = ''] = line.split(' ');
      const asked: Asked = { method, target, ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      const answer = this.answers.answer(asked);
      if (answer === undefined) return '';
      const old = version === 'HTTP/1.0';
      if (old && this.#bugs.has('hangs-on-http-1.0')) return '';
      const last = old || headers.some((header) => /^connection:\s*close/i.test(header));
      socket.write(head(answer.status, answer.body.length, last));
      socket.write(answer.body);
      if (last) socket.end();
      if (last || this.#bugs.has('one-request-a-connection')) return '';
    }
  }
}

function head(status: number, length: number, last: boolean): string {
  const lines = [`HTTP/1.1 ${status} Reference`, 'Content-Type: text/plain', `Content-Length: ${length}`];
  return `${[...lines, ...(last ? ['Connection: close'] : [])].join('\r\n')}\r\n\r\n`;
}
