/**
 * The whole glue between cores and hosts: one driver for streams, one for datagrams. Each input is one step: feed the core,
 * hand out the events, flush once, look at the deadline.
 */
import type { Address } from './address.ts';
import type { Core, Datagram, DatagramCore, Instant, StreamCore } from './core.ts';
import type { Closable, DatagramSocket, Endpoint, Host, Stream, StreamHandler } from './host.ts';
import { limits } from './limits.ts';

export interface Driven extends Closable {
  /** Sends what commands to the core have made ready. */
  flush(): void;
}

/** The core's one timer. It is moved only when it would ring too late; ringing early costs one look at the clock. */
class Alarm {
  readonly #host: Host;
  readonly #ring: () => void;
  #timer: Closable | undefined;
  #when: Instant = Number.POSITIVE_INFINITY;

  constructor(host: Host, ring: () => void) {
    this.#host = host;
    this.#ring = ring;
  }

  set(when: Instant): void {
    if (when >= this.#when) return;
    this.clear();
    this.#when = when;
    this.#timer = this.#host.at(when, () => {
      this.#when = Number.POSITIVE_INFINITY;
      this.#timer = undefined;
      this.#ring();
    });
  }

  clear(): void {
    this.#timer?.close();
    this.#timer = undefined;
    this.#when = Number.POSITIVE_INFINITY;
  }
}

function tickIfDue<In, Out, E>(host: Host, core: Core<In, Out, E>): readonly E[] {
  return host.now() >= core.deadline ? core.tick() : [];
}

/** Runs a datagram core on a port. `failed` hears that the port could not be had. */
export function driveDatagrams<E>(
  host: Host,
  at: Endpoint,
  core: DatagramCore<E>,
  on: (events: readonly E[]) => void,
  notify: { readonly ready?: (local: Address) => void; readonly failed?: (error: Error) => void } = {},
): Driven & { readonly socket: DatagramSocket } {
  let closed = false;
  const alarm = new Alarm(host, () => step(tickIfDue(host, core)));
  const socket = host.bind(at, {
    ...notify,
    receive: (datagrams: readonly Datagram[]) => {
      for (const datagram of datagrams) {
        if (closed) return;
        const events = core.receive(datagram);
        if (events.length > 0) on(events);
      }
      flush();
    },
  });
  function step(events: readonly E[]): void {
    if (events.length > 0) on(events);
    flush();
  }
  function flush(): void {
    if (closed) return;
    const datagrams = core.flush();
    if (datagrams.length > 0) socket.send(datagrams);
    alarm.set(core.deadline);
  }
  function close(): void {
    closed = true;
    alarm.clear();
    socket.close();
  }
  return { socket, flush, close };
}

export interface DriveStreamOptions {
  /**
   * Read nothing while the other side does not read. Right for question and answer (HTTP). Wrong where both sides send at
   * will: two peers that wait for each other to read would wait for ever; there the core bounds its own queues.
   */
  readonly pauseWhenFull?: boolean;
  /** The stream is gone, whoever ended it; an error if it was not by agreement. Not called after close(). */
  readonly closed?: (error?: Error) => void;
}

/** Runs a stream core on a stream: pass the result to Host.connect(), or return it from accept(). */
export function driveStream<E extends { readonly type: string }>(
  host: Host,
  core: StreamCore<E>,
  on: (events: readonly E[]) => void,
  options: DriveStreamOptions = {},
): StreamHandler & Driven {
  let stream: Stream | undefined;
  let full = false;
  let over = false;
  let linger: Closable | undefined;
  const alarm = new Alarm(host, () => step(tickIfDue(host, core)));

  function step(events: readonly E[]): void {
    if (events.length > 0) on(events);
    flush();
    if (!over && events.at(-1)?.type === 'closed') finish();
  }
  function flush(): void {
    if (stream === undefined || over) return;
    if (!full) {
      const chunks = core.flush();
      if (chunks.length > 0 && !stream.write(chunks)) setFull(true);
    }
    alarm.set(core.deadline);
  }
  function setFull(value: boolean): void {
    full = value;
    if (options.pauseWhenFull === true) value ? stream?.pause() : stream?.resume();
  }
  /** The core has said its last word. What was written still goes out; who does not take it in time is cut off. */
  function finish(): void {
    over = true;
    alarm.clear();
    // A full buffer held the last words back until now.
    if (full) stream?.write(core.flush());
    stream?.end();
    linger = host.at(host.now() + limits.lingerMs, () => {
      stream?.close();
      options.closed?.();
    });
  }
  function letGo(): void {
    over = true;
    alarm.clear();
    linger?.close();
  }
  return {
    opened(opened) {
      stream = opened;
      flush();
    },
    receive(bytes) {
      if (!over) step(core.receive(bytes));
    },
    writable() {
      setFull(false);
      flush();
    },
    closed(error) {
      letGo();
      options.closed?.(error);
    },
    flush,
    close() {
      letGo();
      stream?.close();
    },
  };
}
