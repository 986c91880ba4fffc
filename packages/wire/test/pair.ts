/** Two connections mouth to mouth in virtual time, and small things that tests of this package share. */
import { type Environment, Id20 } from '@ferro/core';
import {
  type Extension,
  encodeHandshake,
  encodeMessage,
  type Message,
  makeReserved,
  PeerConnection,
  type PeerConnectionOptions,
  type PeerEvent,
  type reservedBits,
} from '../src/index.ts';

export const INFO_HASH: Id20 = Id20.from('aa'.repeat(20));
export const ALICE: Id20 = Id20.from('a1'.repeat(20));
export const BOB: Id20 = Id20.from('b0'.repeat(20));

/** A clock that is moved by hand, and chance that repeats itself. */
export class World implements Environment {
  time = 1_000;
  #chance = 1;

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      this.#chance = (Math.imul(this.#chance, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = this.#chance >>> 16;
    }
  }
}

/** An outgoing connection of Alice's, ready when `hello()` has been received. */
export function make<X extends Extension = never>(
  options: Partial<PeerConnectionOptions<X>> = {},
  world: World = new World(),
): PeerConnection<X> {
  return new PeerConnection<X>(world, { peerId: ALICE, infoHash: INFO_HASH, ...options });
}

/** Bob's handshake. */
export function hello(bits: readonly (keyof typeof reservedBits)[] = ['fast', 'extensions']): Uint8Array {
  return encodeHandshake({ reserved: makeReserved(bits), infoHash: INFO_HASH, peerId: BOB });
}

/** A connection that has shaken hands with Bob and said so; nothing waits to be flushed. */
export function ready<X extends Extension = never>(
  options: Partial<PeerConnectionOptions<X>> = {},
  bits?: readonly (keyof typeof reservedBits)[],
  world: World = new World(),
): PeerConnection<X> {
  const connection = make(options, world);
  connection.receive(hello(bits));
  connection.flush();
  return connection;
}

export function bytesOf(...messages: Message[]): Uint8Array {
  return join(messages.map(encodeMessage));
}

export function join(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The frames of a flushed stream, without the handshake if there is one. */
export function framesOf(chunks: readonly Uint8Array[]): Uint8Array[] {
  const bytes = join(chunks);
  const frames: Uint8Array[] = [];
  let at = bytes[0] === 19 && bytes[1] === 66 ? 68 : 0;
  while (at < bytes.length) {
    const end = at + 4 + new DataView(bytes.buffer, at).getUint32(0);
    frames.push(bytes.slice(at, end));
    at = end;
  }
  return frames;
}

/** The code with which a connection closed, or undefined. */
export function closedBy(events: readonly PeerEvent<never>[]): string | undefined {
  const last = events.at(-1);
  return last?.type === 'closed' ? (last.reason?.code ?? 'no reason') : undefined;
}

/** Both ends of a conversation. Bytes arrive at once, in chunks of at most `chunk` bytes. */
export class Pair<X extends Extension = never> {
  readonly world: World = new World();
  readonly alice: PeerConnection<X>;
  readonly bob: PeerConnection<X>;
  /** What each has heard since the last look, views copied. */
  readonly heard: { alice: PeerEvent<X>[]; bob: PeerEvent<X>[] } = { alice: [], bob: [] };
  readonly #chunk: number;

  constructor(
    options: {
      readonly alice?: Partial<PeerConnectionOptions<X>>;
      readonly bob?: Partial<PeerConnectionOptions<X>>;
      readonly chunk?: number;
    } = {},
  ) {
    this.#chunk = options.chunk ?? Number.POSITIVE_INFINITY;
    this.alice = new PeerConnection<X>(this.world, { peerId: ALICE, infoHash: INFO_HASH, ...options.alice });
    this.bob = new PeerConnection<X>(this.world, { peerId: BOB, infoHash: INFO_HASH, ...options.bob });
    this.talk();
  }

  /** Carries bytes both ways until both are silent, then says what was heard since the last time. */
  talk(): { readonly alice: readonly PeerEvent<X>[]; readonly bob: readonly PeerEvent<X>[] } {
    for (let silent = false; !silent; ) {
      const toBob = this.#carry(this.alice, this.bob, this.heard.bob);
      const toAlice = this.#carry(this.bob, this.alice, this.heard.alice);
      silent = !toBob && !toAlice;
    }
    return { alice: this.heard.alice.splice(0), bob: this.heard.bob.splice(0) };
  }

  /** Moves time to the next deadline of either, if that is not later than `until`, and lets them act on it. */
  wait(until: number): void {
    for (;;) {
      const next = Math.min(this.alice.deadline, this.bob.deadline);
      if (next > until) break;
      this.world.time = Math.max(this.world.time, next);
      this.heard.alice.push(...this.alice.tick());
      this.heard.bob.push(...this.bob.tick());
      this.#carry(this.alice, this.bob, this.heard.bob);
      this.#carry(this.bob, this.alice, this.heard.alice);
    }
    this.world.time = until;
  }

  #carry(from: PeerConnection<X>, to: PeerConnection<X>, heard: PeerEvent<X>[]): boolean {
    const bytes = join(from.flush());
    for (let at = 0; at < bytes.length; at += this.#chunk) {
      const chunk = bytes.slice(at, Math.min(bytes.length, at + this.#chunk));
      for (const event of to.receive(chunk)) heard.push(copyOf(event));
      chunk.fill(0xa5);
    }
    return bytes.length > 0;
  }
}

/** A deep copy of plain data; identifiers and errors stay as they are. */
export function copyOf<Value>(value: Value): Value {
  if (value instanceof Uint8Array) return value.slice() as Value;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyOf(field)])) as Value;
}
