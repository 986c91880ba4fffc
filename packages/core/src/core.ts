/**
 * The one contract of every protocol: a state machine without I/O, timers, promises or callbacks.
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed.
 * After any number of inputs and commands: flush once, then look at `deadline`. No other order has to be remembered.
 */
import type { Address } from './address.ts';

/** Milliseconds on a monotonic clock. Only differences mean anything. */
export type Instant = number;

/** Everything that a core may know about the world. A host is one, and so is a simulation. */
export interface Environment {
  now(): Instant;
  /** Fills `bytes` with random data: unpredictable on a real host, seeded in a simulation. */
  random(bytes: Uint8Array): void;
}

export interface Core<In, Out, Event> {
  /** Feeds one input. Views of it inside the returned events live until the next receive(); the core keeps none. */
  receive(input: In): readonly Event[];
  /** Tells the core that `deadline` has been reached. Calling it early is harmless. */
  tick(): readonly Event[];
  /** When tick() is due; Infinity when nothing is pending. */
  readonly deadline: Instant;
  /** Takes what is ready to be sent, in order. Payloads pass by reference; the chunks belong to the caller now. */
  flush(): readonly Out[];
}

export interface Datagram {
  readonly bytes: Uint8Array;
  /** Where it came from, or where it goes. */
  readonly address: Address;
}

/**
 * A conversation over an ordered byte stream (TCP, uTP, an encrypted stream). It ends with one `closed` event, with a
 * reason if the remote side broke a rule, and ignores everything after it.
 */
export type StreamCore<Event> = Core<Uint8Array, Uint8Array, Event>;

/** Conversations over datagrams. Bad input is an `ignored` event, never the end. */
export type DatagramCore<Event> = Core<Datagram, Datagram, Event>;
