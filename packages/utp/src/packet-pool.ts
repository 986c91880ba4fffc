/**
 * The memory of packets under way (BEP 29 numbers packets, not bytes, so a packet is kept as it was first sent until it is
 * acked). A cell holds one packet, header in front of payload, and is itself the datagram that is flushed. Cells are cut from
 * large blocks and used again: sending allocates nothing.
 */
import type { Address, Datagram } from '@ferro/core';
import { type Copier, plainCopier } from './write-queue.ts';

/** A cell is `flying` until it is acked (then it goes back to the pool) or taken to be `lost` (then it flies again). */
export const cellStates = { flying: 1, lost: 2 } as const;

const NOWHERE: Address = { ip: '', port: 0 };
const BLOCK_BYTES = 131_072;

export class PacketCell implements Datagram {
  readonly memory: Uint8Array;
  /** The part of `memory` that is the packet. */
  bytes: Uint8Array;
  address: Address = NOWHERE;
  type = 0;
  state = 0;
  sequence = 0;
  payloadLength = 0;
  transmissions = 0;
  /** The size of the probe that it was first sent as, or 0. */
  probeLength = 0;
  /** The place of its last transmission among all of the connection. */
  order = 0;
  /** Bytes that were under way with it. */
  flight = 0;
  // Starts as no whole number, so that the engine keeps a floating-point field and never a new box for each time.
  sentAt = 0.5;

  constructor(memory: Uint8Array) {
    this.memory = memory;
    this.bytes = memory;
  }

  /** Makes the datagram `length` bytes long; in a long transfer all have one length and no view is made. */
  setLength(length: number): void {
    if (this.bytes.length !== length) this.bytes = this.memory.subarray(0, length);
  }
}

export class PacketPool {
  readonly #capacity: number;
  readonly #cellsMax: number;
  readonly #free: PacketCell[] = [];
  /** How payload gets into the cells. */
  readonly copier: Copier;
  #made = 0;

  /** `capacity`: the length of the longest packet. */
  constructor(capacity: number, memoryMax: number, copier: Copier = plainCopier) {
    this.#capacity = capacity;
    this.copier = copier;
    this.#cellsMax = Math.max(1, Math.floor(memoryMax / capacity));
  }

  /** How many cells are under way. */
  get used(): number {
    return this.#made - this.#free.length;
  }

  /** Undefined: the memory is spent until something is acked. */
  take(): PacketCell | undefined {
    if (this.#free.length === 0 && this.#made < this.#cellsMax) this.#makeBlock();
    return this.#free.pop();
  }

  give(cell: PacketCell): void {
    cell.address = NOWHERE;
    this.#free.push(cell);
  }

  #makeBlock(): void {
    const cells = Math.min(this.#cellsMax - this.#made, Math.max(1, Math.floor(BLOCK_BYTES / this.#capacity)));
    const block = new Uint8Array(cells * this.#capacity);
    for (let i = 0; i < cells; i++) {
      this.#free.push(new PacketCell(block.subarray(i * this.#capacity, (i + 1) * this.#capacity)));
    }
    this.#made += cells;
  }
}
