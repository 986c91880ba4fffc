/**
 * Copying into shared memory. The language copies there with care for others who may look at it meanwhile, which takes twice
 * the time; nobody looks at a slot that is being filled.
 */
import { Buffer } from 'node:buffer';

const copyPart = Buffer.prototype.copy;

/** Copies all of `from`. What does not fit is a RangeError. */
export function copyBytes(from: Uint8Array, into: Uint8Array, at: number): void {
  if (at < 0 || at + from.length > into.length) throw new RangeError(`${from.length} bytes do not fit at ${at}`);
  // Buffer moves memory only when a part of its source is copied, and does as the language does for the whole of it: so the
  // bytes are named as a part of the memory that they are in.
  const start = from.byteOffset;
  copyPart.call(new Uint8Array(from.buffer) as Buffer, into, at, start, start + from.length);
}
