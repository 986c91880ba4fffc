/** Bytes → values (BEP 3, bencoding). Byte strings are views of the input: copy what is to outlive it. */
import { type DecodeOptions, limits } from './limits.ts';
import { Reader, refuse } from './reader.ts';
import type { Bencode } from './value.ts';

/** A value at the start of the input. */
export interface Prefix {
  readonly value: Bencode;
  /** How many bytes it takes. */
  readonly length: number;
}

/** Something that strict decoding refuses and lenient decoding reads. */
export interface Deviation {
  /** The code of the error that strict decoding throws. */
  readonly code: string;
  readonly offset: number;
}

export interface LenientPrefix extends Prefix {
  readonly deviations: readonly Deviation[];
}

/** The one value that the input is in canonical encoding; anything else is a BencodeError. */
export function decode(bytes: Uint8Array, options?: DecodeOptions): Bencode {
  const { value, length } = decodePrefix(bytes, options);
  if (length < bytes.length) refuse('trailing-bytes', length);
  return value;
}

/** A value that other bytes may follow, as in the messages of BEP 9. As strict as decode(). */
export function decodePrefix(bytes: Uint8Array, options?: DecodeOptions): Prefix {
  const reader = new Reader(bytes, options);
  return { value: reader.value(), length: reader.at };
}

/** Reads what deployed programs write, and reports what is wrong with it. Trailing bytes are a deviation like the others. */
export function decodeLenient(bytes: Uint8Array, options?: DecodeOptions): LenientPrefix {
  const deviations: Deviation[] = [];
  const deviationsMax = options?.deviations ?? limits.deviations;
  function report(what: string, offset: number): void {
    if (deviations.length < deviationsMax) deviations.push({ code: `bencode/${what}`, offset });
  }
  const reader = new Reader(bytes, options, report);
  const value = reader.value();
  const length = reader.at;
  if (length < bytes.length) report('trailing-bytes', length);
  return { value, length, deviations };
}
