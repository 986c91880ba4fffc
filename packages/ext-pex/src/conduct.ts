/**
 * What it costs a peer to break the rules of BEP 11 and BEP 55: each time it is ignored, and after several times in a row its
 * connection ends. Good behaviour is credited, so that one slip an hour is no crime after a day.
 */
import { ProtocolError } from '@ferro/core';
import { limits } from './limits.ts';

/** Something was said that has no effect, or only in part. */
export interface IgnoredEvent {
  readonly type: 'ignored';
  readonly reason: ProtocolError;
}

export class Conduct {
  #offences = 0;

  /** Throws the ProtocolError that ends the connection, when it is one too many. */
  offence(reason: ProtocolError): IgnoredEvent {
    this.#offences++;
    if (this.#offences <= limits.offences) return { type: 'ignored', reason };
    throw new ProtocolError('ext-pex/misbehaving', reason.spec, `once too often: ${reason.message}`);
  }

  good(): void {
    if (this.#offences > 0) this.#offences--;
  }
}
