/**
 * Taking back "I have this piece" (BEP 54): the smallest useful extension, one number in each direction. Without the fast
 * extension requests for such a piece will never be answered; giving them up is the client's business.
 */
import { type Instant, ProtocolError, readU32, writeU32 } from '@ferro/core';
import type { Extension } from './extension.ts';
import { limits } from './limits.ts';

export interface DontHaveEvent {
  readonly type: 'dont-have';
  readonly piece: number;
}

export class DontHaveExtension implements Extension<'lt_donthave', DontHaveEvent> {
  readonly name = 'lt_donthave';
  readonly deadline: Instant = Number.POSITIVE_INFINITY;
  /** Pieces of the torrent, once known: a higher index breaks the rules. */
  pieceCount: number = limits.pieceCount;
  #supported = false;
  #output: Uint8Array[] = [];

  /** Tells the peer that we have this piece no more. False if it would not understand. */
  dontHave(piece: number): boolean {
    if (!this.#supported) return false;
    const payload = new Uint8Array(4);
    writeU32(payload, 0, piece);
    this.#output.push(payload);
    return true;
  }

  offer(): Record<string, never> {
    return {};
  }

  accept(): readonly DontHaveEvent[] {
    this.#supported = true;
    return [];
  }

  withdraw(): void {
    this.#supported = false;
  }

  receive(payload: Uint8Array): readonly DontHaveEvent[] {
    if (payload.length !== 4) {
      throw new ProtocolError('wire/dont-have-length', SPEC, `${payload.length} bytes are no piece index`);
    }
    const piece = readU32(payload, 0);
    if (piece >= this.pieceCount) {
      throw new ProtocolError('wire/piece-out-of-range', SPEC, `piece ${piece} of ${this.pieceCount}`);
    }
    return [{ type: 'dont-have', piece }];
  }

  tick(): readonly DontHaveEvent[] {
    return [];
  }

  flush(): readonly Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }
}

const SPEC = 'BEP 54, protocol encoding';
