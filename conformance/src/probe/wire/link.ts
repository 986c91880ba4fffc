/** One connection to a peer: a TCP stream cut into handshake and messages, remembered until somebody asks for them. Judges nothing. */
import { connect, createServer, type Socket } from 'node:net';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import type { Endpoint } from '../../target/target.ts';
import { Waiting } from '../waiting.ts';
import {
  describe,
  type Handshake,
  handshakeLength,
  type Message,
  nameOf,
  readHandshake,
  readMessage,
  message as write,
  writeHandshake,
} from './messages.ts';

export type Greeting = Pick<Handshake, 'infoHash' | 'peerId'> & Partial<Handshake>;

type Listener = (message: Message) => void;

export class PeerLink {
  /** Every message so far, in order. */
  readonly all: Message[] = [];
  /** Those that nobody took yet. */
  readonly heard: Message[] = [];
  readonly name: string;
  theirs: Handshake | undefined;
  readonly #context: Context;
  readonly #socket: Socket;
  readonly #listeners: Listener[] = [];
  readonly #waiting: Waiting = new Waiting();
  #bytes: Buffer = Buffer.alloc(0);
  #ended = false;

  private constructor(context: Context, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
    this.name = context.timeline.link('peer');
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#receive(bytes));
    for (const event of ['end', 'error', 'close']) socket.on(event, () => this.#end(event));
    context.after(() => {
      socket.destroy();
    });
  }

  /** Connects, and says nothing yet. A refusal is a finding. */
  static dial(context: Context, to: Endpoint, from: string): Promise<PeerLink> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: to.ip, port: to.port, localAddress: from });
      const failed = (error: Error) => {
        reject(new Finding(`a connection to ${to.ip}:${to.port}`, 'that it is accepted', error.message));
      };
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        resolve(new PeerLink(context, socket));
      });
    });
  }

  /** Takes connections at a fresh port of `ip` until the case is over. */
  /** At a port that is free, unless one is named. */
  static async listen(context: Context, ip: string, accept: (link: PeerLink) => void, port = 0): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true }, (socket) => accept(new PeerLink(context, socket)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, ip, resolve);
    });
    context.after(() => {
      server.close();
    });
    return { ip, port: (server.address() as { port: number }).port };
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** Our own address on this connection. */
  get ip(): string {
    return this.#socket.localAddress ?? '';
  }

  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Bytes that make no message yet. */
  get rest(): Uint8Array {
    return this.#bytes;
  }

  on(listener: Listener): void {
    this.#listeners.push(listener);
  }

  greet(greeting: Greeting): void {
    this.sendRaw(writeHandshake(greeting), 'handshake');
  }

  send(id: number, ...parts: (number | Uint8Array)[]): void {
    const bytes = write(id, ...parts);
    this.sendRaw(bytes, describe(readMessage(bytes)!.value));
  }

  sendRaw(bytes: Uint8Array, what = `${bytes.length} bytes`): void {
    this.#context.timeline.sent(this.name, what, bytes);
    if (!this.#ended) this.#socket.write(bytes);
  }

  /** In parts, each a packet of its own. */
  async trickle(parts: readonly Uint8Array[]): Promise<void> {
    const pauseMs = Math.max(4, Math.min(30, 400 / parts.length));
    for (const part of parts) {
      this.sendRaw(part);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Everything that comes goes on to another link as it is, and so does the end. */
  pipe(other: PeerLink): void {
    this.#socket.pipe(other.#socket);
    if (this.theirs !== undefined) other.greet(this.theirs);
    if (this.#bytes.length > 0) other.sendRaw(this.#bytes);
  }

  /** We stop reading: what the other side sends piles up on its own side. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#context.timeline.note(this.name, 'we close');
    this.#socket.destroy();
  }

  async handshake(ms?: number): Promise<Handshake> {
    await this.until('its handshake', () => this.theirs !== undefined, ms);
    return this.theirs!;
  }

  /** The next message with this id that also `fits`; others stay in `heard`. */
  async next(id: number, fits: (message: Message) => boolean = () => true, ms?: number): Promise<Message> {
    const at = () => this.heard.findIndex((each) => each.id === id && fits(each));
    await this.until(nameOf(id), () => at() >= 0, ms);
    return this.heard.splice(at(), 1)[0]!;
  }

  /** Takes everything with this id that has come. */
  take(id: number): readonly Message[] {
    const taken = this.heard.filter((each) => each.id === id);
    for (const each of taken) this.heard.splice(this.heard.indexOf(each), 1);
    return taken;
  }

  /** Fulfilled when the other side has ended it; a finding if it does not. */
  async closed(what: string, ms: number = this.#context.patience.replyMs): Promise<void> {
    const ended = await this.#wait(() => this.#ended, ms);
    if (!ended) throw new Finding(what, 'that it closes the connection', `still open after ${ms} ms`);
  }

  /** Whatever comes first of a condition, an end of the connection, and the end of patience. */
  async settles(holds: () => boolean, ms: number = this.#context.patience.replyMs): Promise<boolean> {
    await this.#wait(() => holds() || this.#ended, ms);
    return holds();
  }

  /** The same, where only the condition is right. */
  async until(what: string, holds: () => boolean, ms: number = this.#context.patience.replyMs): Promise<void> {
    if (await this.settles(holds, ms)) return;
    throw new Finding(what, 'that it comes', this.#ended ? 'the end of the connection' : `nothing in ${ms} ms`);
  }

  async #wait(holds: () => boolean, ms: number): Promise<boolean> {
    const until = performance.now() + ms;
    for (;;) {
      if (holds()) return true;
      const left = until - performance.now();
      if (left <= 0 || this.#context.signal.aborted) return false;
      await this.#waiting.sleep(left);
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.theirs === undefined && this.#bytes.length >= handshakeLength) {
      this.theirs = readHandshake(this.#cut(handshakeLength));
      this.#context.timeline.received(this.name, 'handshake', writeHandshake(this.theirs));
    }
    while (this.theirs !== undefined) {
      const read = readMessage(this.#bytes);
      if (read === undefined) break;
      const message = readMessage(this.#cut(read.length))!.value;
      this.#context.timeline.received(this.name, describe(message), message.payload);
      this.all.push(message);
      this.heard.push(message);
      for (const listener of this.#listeners) listener(message);
    }
    this.#waiting.wake();
  }

  #cut(length: number): Uint8Array {
    const cut = new Uint8Array(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return cut;
  }

  #end(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.timeline.note(this.name, how === 'end' ? 'it has ended the connection' : 'the connection is gone');
    this.#waiting.wake();
  }
}
