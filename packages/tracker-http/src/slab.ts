/**
 * Room for many short answers in one allocation; no BEP needs it. A typed array of its own costs a microsecond, a view of a
 * larger one a tenth of that. What has been taken is never written again, so it belongs to whoever took it.
 */
import { limits } from './limits.ts';

export class Slab {
  /** Write here, from `at` on, as far as was reserved. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  /** Makes sure that `length` bytes are free behind `at`. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    this.bytes = new Uint8Array(Math.max(limits.slabLength, length));
    this.at = 0;
  }

  /** Gives away what was written up to `end`. */
  take(end: number): Uint8Array {
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}
