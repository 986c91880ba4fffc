/**
 * The first 68 bytes of a connection, both ways (BEP 3, peer protocol), and the reserved bits in them that this package
 * knows (BEP 4). What to think of an info-hash or a peer id is the connection's business.
 */
import { Id20, ProtocolError } from '@ferro/core';

export const HANDSHAKE_LENGTH = 68;

export interface Handshake {
  /** 8 bytes of capabilities. */
  readonly reserved: Uint8Array;
  readonly infoHash: Id20;
  readonly peerId: Id20;
}

/** The bits of the reserved bytes, as [byte, mask] (BEP 4). */
export const reservedBits = {
  /** BEP 10 */
  extensions: [5, 0x10],
  /** BEP 5 */
  dht: [7, 0x01],
  /** BEP 6 */
  fast: [7, 0x04],
  /** BEP 52, upgrade path: the sender of a v1 info-hash also speaks v2. */
  v2: [7, 0x10],
} as const;

export function hasReservedBit(reserved: Uint8Array, name: keyof typeof reservedBits): boolean {
  const [byte, mask] = reservedBits[name];
  return ((reserved[byte] ?? 0) & mask) !== 0;
}

export function makeReserved(names: readonly (keyof typeof reservedBits)[]): Uint8Array {
  const reserved = new Uint8Array(8);
  for (const name of names) {
    const [byte, mask] = reservedBits[name];
    reserved[byte] = reserved[byte]! | mask;
  }
  return reserved;
}

/** 19, then "BitTorrent protocol". */
const PROTOCOL = Uint8Array.from([
  19, 66, 105, 116, 84, 111, 114, 114, 101, 110, 116, 32, 112, 114, 111, 116, 111, 99, 111, 108,
]);

export function encodeHandshake(handshake: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_LENGTH);
  bytes.set(PROTOCOL);
  bytes.set(handshake.reserved.subarray(0, 8), 20);
  bytes.set(handshake.infoHash.bytes, 28);
  bytes.set(handshake.peerId.bytes, 48);
  return bytes;
}

/** Copies what it reads: the identifiers outlive the input. */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (bytes.length !== HANDSHAKE_LENGTH) {
    throw new ProtocolError('wire/handshake-length', SPEC, `a handshake of ${bytes.length} bytes`);
  }
  checkProtocol(bytes, 0, bytes.length);
  return {
    reserved: bytes.slice(20, 28),
    infoHash: Id20.from(bytes.subarray(28, 48)),
    peerId: Id20.from(bytes.subarray(48, 68)),
  };
}

/** Collects a handshake from a stream. A stranger that speaks another protocol is known by its first wrong byte. */
export class HandshakeReader {
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH);
  #length = 0;
  /** What was read, once it is whole. */
  handshake: Handshake | undefined;

  /** Takes bytes up to the end of the handshake, and returns how many. */
  push(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, HANDSHAKE_LENGTH - this.#length);
    this.#bytes.set(bytes.subarray(0, taken), this.#length);
    checkProtocol(this.#bytes, this.#length, this.#length + taken);
    this.#length += taken;
    if (this.#length === HANDSHAKE_LENGTH && taken > 0) this.handshake = decodeHandshake(this.#bytes);
    return taken;
  }
}

function checkProtocol(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to && at < PROTOCOL.length; at++) {
    if (bytes[at] !== PROTOCOL[at]) {
      throw new ProtocolError('wire/unknown-protocol', SPEC, 'the stream does not begin with a BitTorrent handshake');
    }
  }
}

const SPEC = 'BEP 3, peer protocol';
