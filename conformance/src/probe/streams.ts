/** A TCP connection that remembers what it heard, and how it ended. Knows no protocol. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ourAddress } from '../addresses.ts';
import type { Context } from '../context.ts';
import { Finding } from '../finding.ts';
import type { Endpoint } from '../target/target.ts';
import { Waiting } from './waiting.ts';

/** How the other side ended it: with FIN, with RST, or not (yet). */
export type Ending = 'open' | 'clean' | 'reset';

export class StreamLink {
  readonly name: string;
  readonly #context: Context;
  readonly #socket: Socket;
  #heard: Buffer = Buffer.alloc(0);
  #ending: Ending = 'open';
  readonly #waiting: Waiting = new Waiting();

  private constructor(context: Context, socket: Socket, kind: string) {
    this.#context = context;
    this.#socket = socket;
    this.name = context.timeline.link(kind);
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      context.timeline.received(this.name, `${bytes.length} bytes`, bytes);
      this.#heard = Buffer.concat([this.#heard, bytes]);
      this.#waiting.wake();
    });
    socket.on('end', () => this.#ended('clean'));
    socket.on('error', () => this.#ended('reset'));
    socket.on('close', () => this.#ended('reset'));
    context.after(() => {
      socket.destroy();
    });
  }

  /** A refused connection is a finding. From another address of this machine if `from` is given. */
  static open(context: Context, to: Endpoint, kind = 'tcp', from?: string): Promise<StreamLink> {
    return new Promise((resolve, reject) => {
      const local = from === undefined ? {} : { localAddress: from };
      const socket = connect({ host: to.ip, port: to.port, timeout: context.patience.replyMs, ...local });
      const failed = (why: string) => {
        socket.destroy();
        reject(new Finding(`a connection to ${to.ip}:${to.port}`, 'that it is accepted', why));
      };
      const refused = (error: Error) => failed(error.message);
      socket.once('error', refused);
      socket.once('timeout', () => failed(`nothing in ${context.patience.replyMs} ms`));
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', refused);
        resolve(new StreamLink(context, socket, kind));
      });
    });
  }

  /** Takes connections at a fresh port of loopback until the case is over. */
  static async listen(context: Context, accept: (link: StreamLink) => void, kind = 'tcp'): Promise<Endpoint> {
    const server: Server = createServer({ allowHalfOpen: true }, (socket) =>
      accept(new StreamLink(context, socket, kind)),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, ourAddress(), resolve);
    });
    context.after(() => {
      server.close();
    });
    return { ip: ourAddress(), port: (server.address() as { port: number }).port };
  }

  /** What was heard and not taken. */
  get heard(): Uint8Array {
    return this.#heard;
  }

  /** Our own address on this connection. */
  get localIp(): string {
    return this.#socket.localAddress ?? '';
  }

  get ending(): Ending {
    return this.#ending;
  }

  send(bytes: Uint8Array, what = `${bytes.length} bytes`): void {
    this.#context.timeline.sent(this.name, what, bytes);
    this.#socket.write(bytes);
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#context.timeline.note(this.name, 'we have ended our side');
    this.#socket.end();
  }

  destroy(): void {
    if (this.#ending === 'open') this.#context.timeline.note(this.name, 'we have closed the connection');
    this.#ending = 'clean';
    this.#socket.destroy();
  }

  /**
   * Takes from what was heard: `take` is asked whenever more has come, and gives how many bytes it used and what they are, or undefined
   * while it wants more. Silence, and an end before it was satisfied, are findings.
   */
  async next<Value>(
    what: string,
    take: (heard: Uint8Array, ending: Ending) => Taken<Value> | undefined,
  ): Promise<Value> {
    const { patience, signal } = this.#context;
    const until = performance.now() + patience.replyMs;
    for (;;) {
      const taken = take(this.#heard, this.#ending);
      if (taken !== undefined) {
        this.#heard = this.#heard.subarray(taken.length);
        return taken.value;
      }
      const left = until - performance.now();
      if (this.#ending !== 'open') throw new Finding(what, 'an answer', `the end of the connection (${this.#ending})`);
      if (left <= 0 || signal.aborted) throw new Finding(what, 'an answer', `none in ${patience.replyMs} ms`);
      await this.#waiting.sleep(left);
    }
  }

  /** Fulfilled when the other side has ended the connection; a finding if it does not. */
  closed(what: string): Promise<Ending> {
    return this.next(what, (heard, ending) =>
      ending === 'open' ? undefined : { length: heard.length, value: ending },
    );
  }

  #ended(how: Ending): void {
    if (this.#ending !== 'open') return;
    this.#ending = how;
    this.#context.timeline.note(
      this.name,
      how === 'clean' ? 'it has ended the connection' : 'it has reset the connection',
    );
    this.#waiting.wake();
  }
}

export interface Taken<Value> {
  /** Bytes used. */
  readonly length: number;
  readonly value: Value;
}
