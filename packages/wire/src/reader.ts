/**
 * Whole blocks for those who ask one peer for them (BEP 3, request and piece): asks when the peer lets us, joins the parts,
 * asks again after a choke. Not for clients, which put the parts where they belong without joining them.
 */
import type { PeerEvent } from './events.ts';
import type { Extension } from './extension.ts';
import type { Block } from './message.ts';

interface Wanted {
  readonly block: Block;
  readonly bytes: Uint8Array;
  asked: boolean;
  readonly done: (bytes: Uint8Array) => void;
  readonly failed: (error: unknown) => void;
}

/** The part of a connection that is needed to ask. */
interface Asking {
  readonly fast: boolean;
  setInterested(interested: boolean): void;
  request(block: Block): boolean;
}

export class BlockReader {
  #wanted: Wanted[] = [];
  #choked = true;
  #end: { readonly error: unknown } | undefined;

  add(block: Block, done: (bytes: Uint8Array) => void, failed: (error: unknown) => void): void {
    if (this.#end !== undefined) failed(this.#end.error);
    else this.#wanted.push({ block, bytes: new Uint8Array(block.length), asked: false, done, failed });
  }

  /** Requests what can be requested now. */
  ask(wire: Asking): void {
    if (this.#wanted.length === 0) return;
    wire.setInterested(true);
    for (const wanted of this.#wanted) wanted.asked ||= wire.request(wanted.block);
  }

  /** True if the event concerns a block that is read here and nobody else. */
  take(event: PeerEvent<Extension>, wire: Asking): boolean {
    // As of this event: the connection is ahead of it when several come together.
    if (event.type === 'choke' || event.type === 'unchoke') this.#choked = event.type === 'choke';
    if (event.type === 'choke' && !wire.fast) for (const wanted of this.#wanted) wanted.asked = false;
    if (event.type !== 'block' && event.type !== 'reject') return false;
    const found = this.#wanted.find(({ block }) => sameBlock(block, event));
    if (found === undefined) return false;
    if (event.type === 'reject' && this.#choked) {
      found.asked = false;
      return true;
    }
    if (event.type === 'reject') {
      this.#remove(found);
      found.failed(new Error(`the peer refused ${event.length} bytes at ${event.begin} of piece ${event.piece}`));
      return true;
    }
    found.bytes.set(event.data, event.offset);
    if (event.offset + event.data.length === event.length) {
      this.#remove(found);
      found.done(found.bytes);
    }
    return true;
  }

  end(error: unknown): void {
    this.#end ??= { error };
    for (const { failed } of this.#wanted) failed(error);
    this.#wanted = [];
  }

  #remove(wanted: Wanted): void {
    this.#wanted = this.#wanted.filter((other) => other !== wanted);
  }
}

function sameBlock(a: Block, b: Block): boolean {
  return a.piece === b.piece && a.begin === b.begin && a.length === b.length;
}
