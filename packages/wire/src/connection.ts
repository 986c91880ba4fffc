/**
 * One conversation with one peer (BEP 3, peer protocol; BEP 5, port; BEP 6; BEP 10; BEP 52, hash transfer): handshakes, what
 * we say, who waits for which block, keep-alives, time-outs. What the peer says is judged in hear.ts by the table of rules.ts,
 * what we say is kept true in say.ts. Policy is not here: whom to choke, what to request, what to serve.
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed. Commands may be given once the
 * `handshake` event has been seen (and accept() called, where that is needed); on a closed connection they do nothing.
 */
import { BencodeError } from '@ferro/bencode';
import { type Environment, type Id20, type Instant, ProtocolError, type StreamCore } from '@ferro/core';
import { Conversation } from './conversation.ts';
import { MessageDecoder } from './decoder.ts';
import type { PeerEvent } from './events.ts';
import type { Extension } from './extension.ts';
import type { Geometry } from './geometry.ts';
import { checkGreeting, type GreetingOptions, mayAnswer, negotiate, ourGreeting } from './greeting.ts';
import { type Handshake, HandshakeReader, hasReservedBit } from './handshake.ts';
import { hear } from './hear.ts';
import { limits as defaults, type WireLimits } from './limits.ts';
import { type Block, type HashMessage, messageIds } from './message.ts';
import {
  outstandingMax,
  sayAllowedFast,
  sayBitfield,
  sayCancel,
  sayChoke,
  sayHaveAll,
  sayHaveNone,
  sayInterest,
  sayPiece,
  sayReject,
  sayRequest,
  sayUnchoke,
} from './say.ts';

export interface PeerConnectionOptions<X extends Extension = never> extends GreetingOptions {
  readonly extensions?: readonly X[];
  /** Name and version for the extended handshake. */
  readonly client?: string;
  /** Where we listen, for the extended handshake. */
  readonly port?: number;
  /** The peer's address, told to it in the extended handshake so that it learns its own. */
  readonly remoteIp?: string;
  /** We want nothing from anybody (BEP 21). */
  readonly uploadOnly?: boolean;
  readonly geometry?: Geometry;
  readonly limits?: Partial<WireLimits>;
}

const NOTHING: readonly never[] = Object.freeze([]);

export class PeerConnection<X extends Extension = never> implements StreamCore<PeerEvent<X>> {
  readonly #environment: Environment;
  readonly #options: PeerConnectionOptions<X>;
  readonly #decoder: MessageDecoder;
  readonly #talk: Conversation;

  readonly #reader = new HandshakeReader();
  #infoHash: Id20 | undefined;
  /** Both handshakes are done. */
  #ready = false;
  #closed = false;
  /** Why the connection has to end, found by a command: the next input reports it. */
  #failure: ProtocolError | undefined;
  #uploadOnly: boolean | undefined;

  #now: Instant;
  #heardAt: Instant;
  #sentAt: Instant;
  readonly #handshakeDue: Instant;

  constructor(environment: Environment, options: PeerConnectionOptions<X>) {
    const limits = options.limits === undefined ? defaults : { ...defaults, ...options.limits };
    this.#environment = environment;
    this.#options = options;
    this.#talk = new Conversation(environment, limits, options.extensions ?? []);
    this.#decoder = new MessageDecoder(limits);
    this.#uploadOnly = options.uploadOnly;
    this.#now = environment.now();
    this.#heardAt = this.#now;
    this.#sentAt = this.#now;
    this.#handshakeDue = this.#now + limits.handshakeMs;
    if (options.geometry !== undefined) this.setGeometry(options.geometry);
    if (options.infoHash !== undefined) this.#greet(options.infoHash);
  }

  /** We choke them: their requests are refused. */
  get choking(): boolean {
    return this.#talk.choking;
  }
  /** They choke us. */
  get choked(): boolean {
    return this.#talk.choked;
  }
  /** We have said that we want something of theirs. */
  get interested(): boolean {
    return this.#talk.interested;
  }
  /** They want something of ours. */
  get interesting(): boolean {
    return this.#talk.interesting;
  }
  /** Both handshakes are done: commands may be given. */
  get ready(): boolean {
    return this.#ready;
  }
  get closed(): boolean {
    return this.#closed;
  }
  /** The torrent that both sides talk about, once both handshakes are done. */
  get infoHash(): Id20 | undefined {
    return this.#ready ? this.#infoHash : undefined;
  }
  /** Their handshake: peer id and reserved bytes. */
  get remote(): Handshake | undefined {
    return this.#reader.handshake;
  }
  /** Both sides speak the fast extension (BEP 6). */
  get fast(): boolean {
    return this.#talk.negotiated.fast;
  }
  /** Both sides speak the extension protocol (BEP 10). */
  get extensions(): boolean {
    return this.#talk.negotiated.extensions;
  }
  /** The peer is a DHT node: port() tells it ours (BEP 5). */
  get dht(): boolean {
    return this.remote !== undefined && hasReservedBit(this.remote.reserved, 'dht');
  }
  get geometry(): Geometry | undefined {
    return this.#talk.bounds.geometry;
  }
  /** Requests of ours that wait for an answer. */
  get outstanding(): number {
    return this.#talk.asked.size;
  }
  /** How many of ours may wait there at once. */
  get outstandingMax(): number {
    return outstandingMax(this.#talk);
  }
  /** Requests of theirs that wait for piece() or reject(). */
  get waiting(): number {
    return this.#talk.waiting.size;
  }

  receive(bytes: Uint8Array): readonly PeerEvent<X>[] {
    if (this.#closed) return NOTHING;
    const events: PeerEvent<X>[] = [];
    this.#now = this.#environment.now();
    try {
      this.#throwFailure();
      const from = this.#talk.state === 'handshake' ? this.#shake(bytes, events) : 0;
      this.#decoder.push(bytes, from);
      for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
        if (hear(this.#talk, message, events)) this.#heardAt = this.#now;
        this.#checkBacklog();
      }
    } catch (error) {
      this.#end(error, events);
    }
    return events;
  }

  tick(): readonly PeerEvent<X>[] {
    if (this.#closed) return NOTHING;
    const events: PeerEvent<X>[] = [];
    this.#now = this.#environment.now();
    try {
      this.#throwFailure();
      this.#checkTime();
      if (this.#ready) this.#talk.extensions.tick(this.#now, events);
    } catch (error) {
      this.#end(error, events);
    }
    return events;
  }

  get deadline(): Instant {
    if (this.#closed) return Number.POSITIVE_INFINITY;
    if (this.#failure !== undefined) return this.#now;
    if (!this.#ready) return this.#handshakeDue;
    const { limits, extensions } = this.#talk;
    return Math.min(this.#heardAt + limits.idleMs, this.#sentAt + limits.keepAliveMs, extensions.deadline);
  }

  flush(): readonly Uint8Array[] {
    if (this.#ready && !this.#closed) this.#talk.extensions.flush(this.#talk.encoder);
    const chunks = this.#talk.encoder.flush();
    if (chunks.length > 0 && !this.#closed) this.#sentAt = this.#environment.now();
    return chunks;
  }

  /** Answers an incoming handshake: this is the torrent they want. A hybrid torrent may be answered with its v2 hash. */
  accept(infoHash: Id20): void {
    if (this.#closed) return;
    const theirs = this.remote;
    if (theirs === undefined || this.#infoHash !== undefined) throw new TypeError('accept() answers a handshake, once');
    if (!mayAnswer(theirs, infoHash)) throw new RangeError(`they want ${theirs.infoHash}, not ${infoHash}`);
    this.#greet(infoHash);
    this.#begin();
  }

  /** The torrent is known now. What the peer has said before is checked, too. */
  setGeometry(geometry: Geometry): void {
    try {
      this.#talk.bounds.set(geometry);
    } catch (error) {
      this.#fail(error);
    }
    this.#decoder.bitfieldLength = (geometry.pieceCount + 7) >>> 3;
  }

  /** What we have: said once, before all else. Who says something else first has nothing. */
  bitfield(bits: Uint8Array): void {
    if (this.#mayCommand()) sayBitfield(this.#talk, bits);
  }

  haveAll(): void {
    if (this.#mayCommand()) sayHaveAll(this.#talk);
  }

  haveNone(): void {
    if (this.#mayCommand()) sayHaveNone(this.#talk);
  }

  have(piece: number): void {
    if (this.#mayTalk()) this.#talk.encoder.piece(messageIds.have, piece);
  }

  /** Refuses what they have asked, except for pieces that they may fetch while choked (BEP 6). */
  choke(): void {
    if (this.#mayTalk()) sayChoke(this.#talk);
  }

  unchoke(): void {
    if (this.#mayTalk()) sayUnchoke(this.#talk);
  }

  setInterested(interested: boolean): void {
    if (this.#mayTalk()) sayInterest(this.#talk, interested);
  }

  /** False if it cannot be asked now: they choke us, it is asked already, or as many wait as they allow. */
  request(block: Block): boolean {
    return this.#mayTalk() && sayRequest(this.#talk, block);
  }

  /** Takes a request back; false if it does not wait any more. Its block may still come, and is reported. */
  cancel(block: Block): boolean {
    return this.#mayTalk() && sayCancel(this.#talk, block);
  }

  /** Answers a request; false if it does not wait any more. `data` is not copied: leave it as it is until it is sent. */
  piece(piece: number, begin: number, data: Uint8Array): boolean {
    return this.#mayTalk() && sayPiece(this.#talk, piece, begin, data);
  }

  /** Refuses a request; false if it does not wait any more. Without the fast extension the peer does not hear of it. */
  reject(block: Block): boolean {
    return this.#mayTalk() && sayReject(this.#talk, block);
  }

  /** BEP 6: a piece that they had better fetch from us. False without the fast extension. */
  suggest(piece: number): boolean {
    if (!this.#mayTalk() || !this.fast) return false;
    this.#talk.encoder.piece(messageIds.suggest, piece);
    return true;
  }

  /** BEP 6: pieces that they may fetch while choked. False without the fast extension. */
  allowFast(pieces: readonly number[]): boolean {
    return this.#mayTalk() && sayAllowedFast(this.#talk, pieces);
  }

  /** BEP 5: where our DHT node listens. */
  port(port: number): void {
    if (this.#mayTalk()) this.#talk.encoder.port(port);
  }

  /** BEP 52: asks for, delivers or refuses Merkle hashes. Who asked what is the client's business. */
  hashes(message: HashMessage): void {
    if (this.#mayTalk()) this.#talk.encoder.message(message);
  }

  /** BEP 21: tells the peer whether we are done. */
  setUploadOnly(uploadOnly: boolean): void {
    if (this.#uploadOnly === uploadOnly) return;
    this.#uploadOnly = uploadOnly;
    this.offer();
  }

  /** Turns an extension off, or on again, while the connection goes on (BEP 10). */
  enableExtension(name: X['name'], enabled: boolean): void {
    if (this.#talk.extensions.enable(name, enabled)) this.offer();
  }

  /** Says our extended handshake again, after what an extension offers has changed. The first one is said by itself. */
  offer(): void {
    if (!this.#ready || this.#closed || !this.extensions) return;
    const { client, port, remoteIp } = this.#options;
    const requestQueue = this.#talk.limits.requestsIn;
    const about = { client, port, yourIp: remoteIp, requestQueue, uploadOnly: this.#uploadOnly };
    this.#talk.encoder.extended(0, this.#talk.extensions.offer(about));
  }

  /** Ends the conversation from our side: no event follows. */
  close(): void {
    this.#closed = true;
  }

  #greet(infoHash: Id20): void {
    this.#infoHash = infoHash;
    this.#talk.encoder.bytes(ourGreeting(this.#options, infoHash));
  }

  /** Reads what belongs to their handshake, and returns how many bytes that was. */
  #shake(bytes: Uint8Array, events: PeerEvent<X>[]): number {
    const taken = this.#reader.push(bytes);
    const theirs = this.remote;
    if (theirs === undefined) return taken;
    checkGreeting(theirs, this.#options);
    this.#talk.negotiated = negotiate(theirs, this.#options);
    this.#talk.state = 'opening';
    events.push({ type: 'handshake', ...theirs });
    if (this.#infoHash !== undefined) {
      this.#infoHash = theirs.infoHash;
      this.#begin();
    }
    return taken;
  }

  #begin(): void {
    this.#ready = true;
    this.#heardAt = this.#now;
    this.offer();
  }

  /** Whether a message may be written; the first one after which we cannot announce pieces any more announces none. */
  #mayTalk(): boolean {
    if (!this.#mayCommand()) return false;
    if (!this.#talk.announced) sayHaveNone(this.#talk);
    return true;
  }

  #mayCommand(): boolean {
    if (this.#closed || this.#failure !== undefined) return false;
    if (!this.#ready) throw new TypeError('nothing can be said before the handshakes are done');
    try {
      this.#checkBacklog();
    } catch (error) {
      this.#fail(error);
      return false;
    }
    return true;
  }

  #checkBacklog(): void {
    const { encoder, limits } = this.#talk;
    if (encoder.smallBytes <= limits.outputBacklog) return;
    encoder.clear();
    throw new ProtocolError('wire/output-backlog', 'BEP 3, peer protocol', 'the peer does not read what we say');
  }

  #checkTime(): void {
    const { encoder, limits } = this.#talk;
    const now = this.#now;
    if (!this.#ready) {
      if (now < this.#handshakeDue) return;
      throw new ProtocolError('wire/handshake-timeout', 'BEP 3, peer protocol', 'no handshake in time');
    }
    if (now >= this.#heardAt + limits.idleMs) {
      throw new ProtocolError('wire/idle', 'BEP 3, peer protocol', `nothing heard for ${now - this.#heardAt} ms`);
    }
    if (now >= this.#sentAt + limits.keepAliveMs) {
      this.#sentAt = now;
      encoder.keepAlive();
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#failure = error;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Broken rules end the conversation. Anything else that was thrown is a fault of ours, and goes on. */
  #end(error: unknown, events: PeerEvent<X>[]): void {
    this.#closed = true;
    if (error instanceof ProtocolError) {
      events.push({ type: 'closed', reason: error });
    } else if (error instanceof BencodeError) {
      events.push({ type: 'closed', reason: new ProtocolError(error.code, error.spec, error.message) });
    } else {
      throw error;
    }
  }
}
