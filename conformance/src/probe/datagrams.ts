/** A UDP socket that remembers what it heard, until somebody asks for it. Knows no protocol. */
import { createSocket, type Socket } from 'node:dgram';
import type { Context } from '../context.ts';
import { Finding } from '../finding.ts';
import type { Endpoint } from '../target/target.ts';
import { Waiting } from './waiting.ts';

export interface Heard {
  readonly bytes: Uint8Array;
  readonly from: Endpoint;
}

export class DatagramLink {
  /** Everything received and not taken yet. */
  readonly heard: Heard[] = [];
  readonly to: Endpoint;
  readonly name: string;
  /** Told of everything as it comes, before anybody waits for it: how the probe answers what a target asks. */
  onHeard: (heard: Heard) => void = () => {};
  readonly #context: Context;
  readonly #socket: Socket;
  readonly #describe: (bytes: Uint8Array) => string;
  readonly #waiting: Waiting = new Waiting();

  private constructor(context: Context, socket: Socket, to: Endpoint, describe: (bytes: Uint8Array) => string) {
    this.#context = context;
    this.#socket = socket;
    this.to = to;
    this.#describe = describe;
    this.name = context.timeline.link('udp');
    socket.on('message', (bytes, { address, port }) => {
      context.timeline.received(this.name, describe(bytes), bytes);
      const heard = { bytes: new Uint8Array(bytes), from: { ip: address, port } };
      this.heard.push(heard);
      this.onHeard(heard);
      this.#waiting.wake();
    });
    // A port that nobody listens at answers with an error on loopback; for the probe that is silence.
    socket.on('error', (error) => context.timeline.note(this.name, error.message));
  }

  /** Bound to a fresh port, of `ip` if that is given. Closed when the case is over. */
  static async open(
    context: Context,
    to: Endpoint,
    describe: (bytes: Uint8Array) => string,
    ip?: string,
  ): Promise<DatagramLink> {
    const socket = createSocket(to.ip.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port: 0, ...(ip !== undefined && { address: ip }) }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    context.after(() => new Promise((resolve) => socket.close(() => resolve())));
    return new DatagramLink(context, socket, to, describe);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(bytes: Uint8Array, to: Endpoint = this.to): void {
    this.#context.timeline.sent(this.name, this.#describe(bytes), bytes);
    this.#socket.send(bytes, to.port, to.ip);
  }

  /** The next datagram that `fits`; the others stay in `heard`. Silence is a finding, and `what` says of what. */
  async next(
    what: string,
    fits: (heard: Heard) => boolean = () => true,
    waitMs: number = this.#context.patience.replyMs,
  ): Promise<Heard> {
    const { signal } = this.#context;
    const until = performance.now() + waitMs;
    for (;;) {
      const at = this.heard.findIndex(fits);
      if (at >= 0) return this.heard.splice(at, 1)[0]!;
      const left = until - performance.now();
      if (left <= 0 || signal.aborted) throw new Finding(what, 'an answer', `none in ${waitMs} ms`);
      await this.#waiting.sleep(left);
    }
  }
}
