/** The bytes of one value inside another, as found: what an info-hash is taken over (BEP 3, info dictionary). */
import { decodePrefix } from './decode.ts';

/** The encoding of the value at `path` (keys and list indices), a view; undefined if there is none. */
export function rawSlice(bytes: Uint8Array, path: readonly (string | number)[]): Uint8Array | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return bytes.subarray(0, decodePrefix(bytes).length);
  if (bytes[0] !== (typeof step === 'string' ? 100 : 108)) return undefined;
  let at = 1;
  for (let index = 0; bytes[at] !== 101; index++) {
    let found = index === step;
    if (typeof step === 'string') {
      const key = decodePrefix(bytes.subarray(at));
      found = key.value instanceof Uint8Array && String.fromCharCode(...key.value) === step;
      at += key.length;
    }
    if (found) return rawSlice(bytes.subarray(at), rest);
    at += decodePrefix(bytes.subarray(at)).length;
  }
  return undefined;
}
