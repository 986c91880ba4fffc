/**
 * Small synchronous hashes for cores: identifiers, tokens, an info dictionary. Hashing payload is the host's business,
 * which has native code and workers for it. This is the only file that knows the library.
 */
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

export function sha1(bytes: Uint8Array): Uint8Array {
  return nobleSha1(bytes);
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

const initial = /* @__PURE__ */ nobleSha256.create();
const running = /* @__PURE__ */ nobleSha256.create();

/** SHA-256 written into 32 bytes that are there already: for hash trees, which make hundreds of thousands. `into` may be part of `bytes`. */
export function sha256Into(bytes: Uint8Array, into: Uint8Array): void {
  initial._cloneInto(running);
  running.update(bytes);
  running.digestInto(into);
}
