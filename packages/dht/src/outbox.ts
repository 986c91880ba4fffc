/** Datagrams that wait to be flushed (BEP 5, KRPC protocol: one each, no retry). Bounded: whoever never flushes loses the newest. */
import type { Address, Datagram } from '@ferro/core';
import { limits } from './limits.ts';

export class Outbox {
  #waiting: Datagram[] = [];

  push(bytes: Uint8Array, address: Address): void {
    if (this.#waiting.length < limits.outgoing) this.#waiting.push({ bytes, address });
  }

  take(): readonly Datagram[] {
    const taken = this.#waiting;
    if (taken.length > 0) this.#waiting = [];
    return taken;
  }
}
