/** Values → canonical bytes (BEP 3, bencoding). */
import type { BencodeInput } from './value.ts';
import { isDictionary, keyBytes } from './value.ts';

/** Canonical: keys sorted by their bytes. What has no encoding (a fraction, null, true) is a TypeError. */
export function encode(value: BencodeInput): Uint8Array {
  const out: number[] = [];
  write(value, out);
  return Uint8Array.from(out);
}

function write(value: unknown, out: number[]): void {
  if (typeof value === 'string') writeBytes(new TextEncoder().encode(value), out);
  else if (value instanceof Uint8Array) writeBytes(value, out);
  else if (Number.isSafeInteger(value) || typeof value === 'bigint')
    out.push(...keyBytes(`i${value === 0 ? 0 : value}e`));
  else if (Array.isArray(value)) {
    out.push(108);
    for (const item of value) write(item, out);
    out.push(101);
  } else if (isDictionary(value)) {
    out.push(100);
    for (const key of Object.keys(value).sort()) {
      if (value[key] === undefined) continue;
      writeBytes(keyBytes(key), out);
      write(value[key], out);
    }
    out.push(101);
  } else throw new TypeError('not a value of bencode');
}

function writeBytes(bytes: Uint8Array, out: number[]): void {
  out.push(...keyBytes(`${bytes.length}:`));
  for (const byte of bytes) out.push(byte);
}
