/**
 * What is signed, and how (BEP 44, signature verification): ed25519 over salt, sequence number and value, put together so
 * that no byte can be read as part of another field. The only file that knows the library.
 */

import { concatBytes, type Environment, sha1, utf8 } from '@ferro/core';
import { ed25519 } from '@noble/curves/ed25519.js';

export interface SignedPart {
  /** Bencoded. */
  readonly value: Uint8Array;
  readonly seq: bigint;
  readonly salt?: Uint8Array | undefined;
}

export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, the seed that everything else is made from; not the 64 bytes of an expanded key. */
  readonly secretKey: Uint8Array;
}

/** The bytes that the signature covers. */
export function signedBytes({ value, seq, salt }: SignedPart): Uint8Array {
  const frame = utf8(`3:seqi${seq}e1:v`);
  if (salt === undefined || salt.length === 0) return concatBytes([frame, value]);
  return concatBytes([utf8(`4:salt${salt.length}:`), salt, frame, value]);
}

export function sign(part: SignedPart, secretKey: Uint8Array): Uint8Array {
  return ed25519.sign(signedBytes(part), secretKey);
}

/** False for a wrong signature, and for a key or signature that is none. */
export function verify(part: SignedPart, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    // Without ZIP 215: other implementations follow RFC 8032 to the letter.
    return ed25519.verify(signature, signedBytes(part), publicKey, { zip215: false });
  } catch {
    return false;
  }
}

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretKey);
}

export function newKeyPair(environment: Environment): KeyPair {
  const secretKey = new Uint8Array(32);
  environment.random(secretKey);
  return { secretKey, publicKey: publicKeyOf(secretKey) };
}

/** Where an immutable item is kept: the hash of its bencoded value. */
export function immutableTarget(value: Uint8Array): Uint8Array {
  return sha1(value);
}

/** Where a mutable item is kept: the hash of key and salt. */
export function mutableTarget(publicKey: Uint8Array, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return sha1(concatBytes([publicKey, salt]));
}
