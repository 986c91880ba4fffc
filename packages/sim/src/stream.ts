/**
 * One end of an ordered stream, as a process sees a TCP connection. It hands bytes over in parts of random length: a copy of
 * each part travels, loss becomes delay, parts arrive in order. What may be under way is bounded by a window, which shrinks
 * where parts wait too long, so that many streams share a slow line. The bytes of a part are overwritten after receive(), so
 * that whoever keeps a borrowed view sees nonsense, each time.
 */
import type { Address, Closable, Stream, StreamHandler } from '@ferro/core';
import { limits } from './limits.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import { Outbox } from './outbox.ts';

/** What a stream needs of the process that it belongs to. */
export interface StreamOwner {
  readonly machine: Machine;
  readonly network: Network;
  /** Runs soon, in an action of its own, unless the process dies first. */
  soon(run: () => void): Closable;
  readonly ends: Set<StreamEnd>;
}

interface Part {
  readonly kind: 'open' | 'data' | 'end' | 'reset';
  readonly bytes: Uint8Array;
  readonly sentAt: number;
  arrived: boolean;
}

const NOTHING = new Uint8Array(0);
/** The part of the parts that are cut at a random place, and how soon some of them are: inside the head of a message. */
const CUT = 0.4;
const CUT_EARLY = 32;
/** What travels beside the bytes: the headers of a packet. */
const HEADER = 40;
const POISON = 0xa5;

export class StreamEnd implements Stream {
  readonly remote: Address;
  readonly #owner: StreamOwner;
  readonly #handler: () => StreamHandler;
  readonly #outbox = new Outbox();
  /** What the other end has sent, in order; some of it may still be on its way. */
  readonly #coming: Part[] = [];
  #other: StreamEnd | undefined;
  #isOpen = false;
  #isOver = false;
  #isPaused = false;
  #ending = false;
  #endSent = false;
  #endHeard = false;
  #wantsWritable = false;
  #pumping = false;
  #delivering = false;
  #underWay = 0;
  #window = limits.windowBytes / 4;
  #consumed = 0;
  #shrunkAt = 0;

  constructor(owner: StreamOwner, remote: Address, handler: () => StreamHandler) {
    this.#owner = owner;
    this.remote = remote;
    this.#handler = handler;
    owner.ends.add(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** On the listening side: both ends know each other, and the caller will hear of it before anything else. */
  join(caller: StreamEnd): void {
    this.#other = caller;
    caller.#other = this;
    this.#transmit('open', NOTHING);
  }

  /** The first callback. Only from an action of the timeline. */
  open(): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    this.#note('opened');
    this.#handler().opened?.(this);
    this.#schedulePump();
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): boolean {
    if (this.#isOver || this.#ending) return false;
    this.#outbox.add(chunks, sent);
    this.#schedulePump();
    if (this.#outbox.length < limits.writeBytes) return true;
    this.#wantsWritable = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#scheduleDelivery();
  }

  end(): void {
    if (this.#isOver || this.#ending) return;
    this.#ending = true;
    this.#schedulePump();
  }

  close(): void {
    if (this.#isOver) return;
    this.vanish();
    this.#transmit('reset', NOTHING);
  }

  /** Ends without a word to anyone: the machine has lost its power. */
  vanish(): void {
    this.#isOver = true;
    this.#outbox.clear();
    this.#owner.ends.delete(this);
  }

  /** The last callback. Only from an action of the timeline. */
  fail(error?: Error): void {
    if (this.#isOver) return;
    this.vanish();
    this.#note(error === undefined ? 'closed' : 'broken');
    this.#handler().closed(error);
  }

  #schedulePump(): void {
    if (this.#pumping || !this.#isOpen || this.#isOver) return;
    this.#pumping = true;
    this.#owner.soon(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Puts on the way what the window lets through, then tells what that has set free. */
  #pump(): void {
    const sent: (() => void)[] = [];
    const { random } = this.#owner.machine;
    while (!this.#isOver && this.#outbox.length > 0) {
      const room = this.#window - this.#underWay;
      if (room <= 0 || (room < limits.packetBytes && this.#underWay > 0)) break;
      let length = Math.min(this.#outbox.length, room, limits.segmentBytes);
      if (length > 1 && random.chance(CUT)) length = 1 + random.integer(Math.min(length - 1, cutLength(random)));
      this.#underWay += length;
      this.#transmit('data', this.#outbox.take(length, sent));
    }
    this.#outbox.takeEmpty(sent);
    if (this.#ending && !this.#endSent && this.#outbox.length === 0 && !this.#isOver) {
      this.#endSent = true;
      this.#transmit('end', NOTHING);
    }
    for (const run of sent) if (!this.#isOver) run();
    if (this.#wantsWritable && this.#outbox.length <= limits.writeBytes / 2 && !this.#isOver) {
      this.#wantsWritable = false;
      this.#handler().writable?.();
    }
    this.#finish();
  }

  #transmit(kind: Part['kind'], bytes: Uint8Array): void {
    const other = this.#other;
    if (other === undefined) return;
    const { network } = this.#owner;
    const part: Part = { kind, bytes, sentAt: network.timeline.now, arrived: false };
    other.#coming.push(part);
    this.#carry(bytes.length, other, () => {
      part.arrived = true;
      other.#arrive(part);
    });
  }

  #carry(length: number, other: StreamEnd, arrived: () => void): void {
    const { network, machine } = this.#owner;
    const target = other.#owner.machine;
    const route = { near: target, find: () => ({ machine: target, to: this.remote }) };
    const failed = () => this.fail(new Error('the connection timed out'));
    // A closed end has nothing more to say but goodbye; an end that was cut off by the other has not even that.
    const wanted = () => !this.#isOver || !other.#isOver;
    network.carry({ from: machine, route, length: length + HEADER, arrived }, limits.streamTimeoutMs, failed, wanted);
  }

  #arrive(part: Part): void {
    const { network, machine } = this.#owner;
    const other = this.#other;
    if (other === undefined) return;
    network.trace.note(network.timeline.now, part.kind, other.#owner.machine.name, machine.name, part.bytes.length);
    if (this.#isOver) {
      // Nobody is here any more: who sends to a dead end is told, as by a reset.
      if (part.kind !== 'reset' && !other.#isOver) this.#carry(0, other, () => other.fail(cutOff()));
      return;
    }
    if (part.kind === 'data') this.#adapt(part, other);
    this.#deliver();
  }

  /** Whether the part waited long in queues: then the other end keeps less under way. */
  #adapt(part: Part, other: StreamEnd): void {
    const { now } = this.#owner.network.timeline;
    const { outward } = other.#owner.machine;
    const { inward } = this.#owner.machine;
    const delay = (outward.link.latency ?? 0) + (inward.link.latency ?? 0);
    const waited = now - part.sentAt - delay - (outward.link.jitter ?? 0) - (inward.link.jitter ?? 0);
    const allowed = Math.min(outward.link.queueMs ?? limits.queueMs, inward.link.queueMs ?? limits.queueMs) / 2;
    if (waited <= allowed) other.#window = Math.min(other.#window + part.bytes.length, limits.windowBytes);
    else if (part.sentAt >= other.#shrunkAt) {
      other.#shrunkAt = now;
      other.#window = Math.max(Math.floor(other.#window / 2), limits.windowBytesMin);
    }
  }

  #scheduleDelivery(): void {
    if (this.#delivering || this.#isOver) return;
    this.#delivering = true;
    this.#owner.soon(() => {
      this.#delivering = false;
      this.#deliver();
    });
  }

  /** Hands over what has arrived in order. */
  #deliver(): void {
    while (!this.#isOver) {
      const part = this.#coming[0];
      if (part?.arrived !== true) break;
      if (this.#isPaused && part.kind !== 'open' && part.kind !== 'reset') break;
      this.#coming.shift();
      this.#hear(part);
    }
    this.#giveCredit();
    this.#finish();
    if (this.#isPaused && this.#isCutOff()) this.fail(cutOff());
  }

  #hear(part: Part): void {
    const handler = this.#handler();
    if (part.kind === 'open') this.open();
    else if (part.kind === 'reset') this.fail(cutOff());
    else if (part.kind === 'data') {
      this.#consumed += part.bytes.length;
      handler.receive(part.bytes);
      part.bytes.fill(POISON);
    } else {
      this.#endHeard = true;
      if (handler.ended === undefined) this.end();
      else handler.ended();
    }
  }

  /** Everything up to a reset is here, and nobody reads it: nobody ever will. */
  #isCutOff(): boolean {
    return this.#coming.at(-1)?.kind === 'reset' && this.#coming.every((part) => part.arrived);
  }

  /** Tells the other end that there is room again, not for every byte but in good portions. */
  #giveCredit(): void {
    const other = this.#other;
    if (other === undefined || this.#isOver || this.#consumed === 0 || this.#consumed < other.#window / 4) return;
    const credit = this.#consumed;
    this.#consumed = 0;
    this.#carry(0, other, () => {
      other.#underWay -= credit;
      other.#schedulePump();
    });
  }

  #finish(): void {
    if (this.#endSent && this.#endHeard) this.fail();
  }

  #note(what: string): void {
    const { network, machine } = this.#owner;
    network.trace.note(network.timeline.now, what, machine.name, `${this.remote.ip}:${this.remote.port}`);
  }
}

function cutLength(random: Machine['random']): number {
  return random.chance(0.5) ? CUT_EARLY : limits.segmentBytes;
}

function cutOff(): Error {
  return new Error('the other side has closed the connection');
}
