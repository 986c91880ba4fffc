/** A network of datagram cores in virtual time: latency, loss, nodes that vanish. Everything follows from the seed. */
import { type Address, type Datagram, type DatagramCore, type Environment, formatAddress } from '@ferro/core';

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class MemoryNetwork {
  now = 0;
  /** Datagrams delivered so far. */
  delivered = 0;
  loss = 0;
  readonly #heap: Happening[] = [];
  readonly #receivers = new Map<string, (datagram: Datagram) => void>();
  #order = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** The world of one node. */
  readonly environment: Environment = {
    now: () => this.now,
    random: (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = this.random() * 256;
    },
  };

  /** At least 0, below 1. */
  random(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** Connects a core to an address. Call `flush` after each command. */
  add<Event>(core: DatagramCore<Event>, address: Address, on: (events: readonly Event[]) => void = () => {}) {
    let wakeAt = Number.POSITIVE_INFINITY;
    let gone = false;
    const flush = (): void => {
      for (const datagram of core.flush()) this.#send({ ...datagram, bytes: datagram.bytes.slice() }, address);
      const due = Math.max(core.deadline, this.now);
      if (due >= wakeAt || gone) return;
      wakeAt = due;
      this.at(due, () => {
        wakeAt = Number.POSITIVE_INFINITY;
        if (!gone) step(core.deadline <= this.now ? core.tick() : []);
      });
    };
    const step = (events: readonly Event[]): void => {
      if (events.length > 0) on(events);
      flush();
    };
    this.#receivers.set(formatAddress(address), (datagram) => step(core.receive(datagram)));
    return {
      flush,
      /** Goes without a word. */
      vanish: () => {
        gone = true;
        this.#receivers.delete(formatAddress(address));
      },
    };
  }

  at(time: number, run: () => void): void {
    const happening = { at: time, order: this.#order++, run };
    let place = this.#heap.push(happening) - 1;
    for (
      let parent = (place - 1) >> 1;
      place > 0 && before(happening, this.#heap[parent]!);
      parent = (place - 1) >> 1
    ) {
      this.#heap[place] = this.#heap[parent]!;
      place = parent;
    }
    this.#heap[place] = happening;
  }

  /** Lets time pass, until then or until the condition holds. */
  run(until: number, done: () => boolean = () => false): void {
    while (!done()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.#dropFirst();
      this.now = Math.max(this.now, first.at);
      first.run();
    }
  }

  #send({ bytes, address }: Datagram, from: Address): void {
    if (this.random() < this.loss) return;
    this.at(this.now + 15 + 50 * this.random(), () => {
      const receive = this.#receivers.get(formatAddress(address));
      if (receive === undefined) return;
      this.delivered++;
      receive({ bytes, address: from });
    });
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The public address number `index` of a simulated network: each in its own /24. */
export function publicAddress(index: number): Address {
  const spread = index * 7919;
  return { ip: `${11 + (spread % 80)}.${(spread >> 3) % 256}.${(index >> 4) % 256}.${1 + (index % 250)}`, port: 6881 };
}
