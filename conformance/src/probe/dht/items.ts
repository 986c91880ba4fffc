/** Items of BEP 44: where they are stored, and how mutable ones are signed. Signs whatever it is told. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Writable, writeBencode } from '../bencode.ts';

/** What stands before the 32 bytes of a key in DER (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface KeyPair {
  readonly secret: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export function keyPairOf(seed: Uint8Array): KeyPair {
  const secret = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  const der = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return { secret, publicKey: new Uint8Array(der.subarray(publicPrefix.length)) };
}

export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(createHash('sha1').update(Buffer.concat(parts)).digest());
}

/** Where an immutable item is stored. */
export function targetOfValue(value: Writable): Uint8Array {
  return sha1(writeBencode(value));
}

/** Where a mutable item is stored. */
export function targetOfKey(publicKey: Uint8Array, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return sha1(publicKey, salt);
}

/** What is signed: salt if there is one, number and value, each in bencoded form, without a dictionary around them. */
export function signedBytes(value: Writable, seq: number | bigint, salt?: Uint8Array): Uint8Array {
  const head = salt === undefined || salt.length === 0 ? [] : [Buffer.from('4:salt'), writeBencode(salt)];
  return new Uint8Array(Buffer.concat([...head, Buffer.from(`3:seqi${seq}e1:v`), writeBencode(value)]));
}

export function signItem({ secret }: KeyPair, value: Writable, seq: number | bigint, salt?: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, signedBytes(value, seq, salt), secret));
}

export function isSigned(publicKey: Uint8Array, signature: Uint8Array, bytes: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' });
  return verify(null, bytes, key, signature);
}
