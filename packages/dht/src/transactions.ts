/**
 * Questions that wait for their answer (BEP 5, KRPC protocol). An answer counts only if it comes from the address that was
 * asked and carries the transaction id, 32 random bits that nobody on the side can guess.
 */
import { type Address, Deadlines, type Environment, type Instant, readU32, sameAddress, writeU32 } from '@ferro/core';
import { limits } from './limits.ts';

export interface Transaction<Purpose> {
  readonly number: number;
  readonly to: Address;
  readonly purpose: Purpose;
  readonly sentAt: Instant;
  /** `slow`: an answer is late but welcome. `over`: it will not be accepted any more. */
  state: 'fresh' | 'slow' | 'over';
}

export class Transactions<Purpose> {
  readonly #environment: Environment;
  readonly #byNumber = new Map<number, Transaction<Purpose>>();
  readonly #deadlines = new Deadlines<Transaction<Purpose>>();
  readonly #random = new Uint8Array(4);

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  get full(): boolean {
    return this.#byNumber.size >= limits.queries;
  }

  get deadline(): Instant {
    return this.#deadlines.next;
  }

  /** Returns the transaction id to send. */
  open(to: Address, purpose: Purpose, now: Instant): Uint8Array {
    let number: number;
    do {
      this.#environment.random(this.#random);
      number = readU32(this.#random, 0);
    } while (this.#byNumber.has(number));
    const transaction: Transaction<Purpose> = { number, to, purpose, sentAt: now, state: 'fresh' };
    this.#byNumber.set(number, transaction);
    this.#deadlines.set(transaction, now + limits.slowMs);
    const bytes = new Uint8Array(4);
    writeU32(bytes, 0, number);
    return bytes;
  }

  /** The question that this answers, which is closed; undefined if there is none, or another address was asked. */
  close(id: Uint8Array, from: Address): Transaction<Purpose> | undefined {
    const transaction = id.length === 4 ? this.#byNumber.get(readU32(id, 0)) : undefined;
    if (transaction === undefined || !sameAddress(transaction.to, from)) return undefined;
    this.#byNumber.delete(transaction.number);
    this.#deadlines.clear(transaction);
    return transaction;
  }

  /** The next question whose answer is late: once when it becomes slow, once when it is over. */
  takeLate(now: Instant): Transaction<Purpose> | undefined {
    const transaction = this.#deadlines.takeDue(now);
    if (transaction === undefined) return undefined;
    if (transaction.state === 'fresh') {
      transaction.state = 'slow';
      this.#deadlines.set(transaction, transaction.sentAt + limits.timeoutMs);
    } else {
      transaction.state = 'over';
      this.#byNumber.delete(transaction.number);
    }
    return transaction;
  }
}
