/** The probe's own peer wire protocol (BEP 3, peer protocol; BEP 6; BEP 10; BEP 52): writes whatever it is told, reads without judging. */
import { type BencodedMap, readBencode, type Writable, writeBencode } from '../bencode.ts';

export const ids = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
} as const;

/** Undefined is the id of a keep-alive. */
export interface Message {
  readonly id: number | undefined;
  readonly payload: Uint8Array;
}

export interface Block {
  readonly index: number;
  readonly begin: number;
  readonly length: number;
}

export interface Handshake {
  readonly protocol: Uint8Array;
  readonly reserved: Uint8Array;
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
}

export const protocol: Uint8Array = new Uint8Array(Buffer.from('\x13BitTorrent protocol', 'latin1'));
export const handshakeLength: number = 68;
export const blockLength: number = 16_384;

/** Bits of the reserved bytes: place and mask. */
export const bits = { extended: [5, 0x10], fast: [7, 0x04], dht: [7, 0x01], version2: [7, 0x10] } as const;

export function reservedWith(...names: (keyof typeof bits)[]): Uint8Array {
  const reserved = new Uint8Array(8);
  for (const name of names) reserved[bits[name][0]]! |= bits[name][1];
  return reserved;
}

export function hasBit(reserved: Uint8Array, name: keyof typeof bits): boolean {
  return (reserved[bits[name][0]]! & bits[name][1]) !== 0;
}

export function writeHandshake(handshake: Partial<Handshake> & Pick<Handshake, 'infoHash' | 'peerId'>): Uint8Array {
  const { reserved = new Uint8Array(8), infoHash, peerId } = handshake;
  return Buffer.concat([handshake.protocol ?? protocol, reserved, infoHash, peerId]);
}

export function readHandshake(bytes: Uint8Array): Handshake {
  return {
    protocol: bytes.subarray(0, 20),
    reserved: bytes.subarray(20, 28),
    infoHash: bytes.subarray(28, 48),
    peerId: bytes.subarray(48, 68),
  };
}

/** A length, an id, and anything: numbers are written in four bytes. */
export function message(id: number, ...parts: (number | Uint8Array)[]): Uint8Array {
  const payload = parts.map((part) => (typeof part === 'number' ? uint32(part) : part));
  const length = payload.reduce((sum, part) => sum + part.length, 1);
  return Buffer.concat([uint32(length), Uint8Array.of(id), ...payload]);
}

export const keepAlive: Uint8Array = new Uint8Array(4);

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The first message in `bytes`, undefined while it is not all there. */
export function readMessage(bytes: Uint8Array): { readonly length: number; readonly value: Message } | undefined {
  if (bytes.length < 4) return undefined;
  const length = numberAt(bytes, 0);
  if (bytes.length < 4 + length) return undefined;
  if (length === 0) return { length: 4, value: { id: undefined, payload: bytes.subarray(4, 4) } };
  return { length: 4 + length, value: { id: bytes[4]!, payload: bytes.subarray(5, 4 + length) } };
}

export function numberAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** Of a have, an allowed fast, a suggestion. */
export function indexOf({ payload }: Message): number {
  return payload.length < 4 ? -1 : numberAt(payload, 0);
}

/** Of a request, a cancel, a reject. */
export function blockOf({ payload }: Message): Block {
  return { index: numberAt(payload, 0), begin: numberAt(payload, 4), length: numberAt(payload, 8) };
}

/** Which block a piece message carries. */
export function carriedBy({ payload }: Message): Block & { readonly data: Uint8Array } {
  const data = payload.subarray(8);
  return { index: numberAt(payload, 0), begin: numberAt(payload, 4), length: data.length, data };
}

export interface Extended {
  readonly id: number;
  /** Undefined where the payload does not begin with a dictionary. */
  readonly dictionary: BencodedMap | undefined;
  readonly violations: readonly string[];
  /** What follows the dictionary. */
  readonly rest: Uint8Array;
}

export function readExtended({ payload }: Message): Extended {
  const id = payload[0] ?? -1;
  const body = payload.subarray(1);
  try {
    const { value, violations } = readBencode(body);
    const left = violations.map((each) => Number(/^(\d+) bytes after the end$/.exec(each)?.[1] ?? 0));
    const rest = body.subarray(body.length - left.reduce((sum, each) => sum + each, 0));
    const own = violations.filter((_, at) => left[at] === 0);
    return { id, dictionary: value instanceof Map ? value : undefined, violations: own, rest };
  } catch {
    return { id, dictionary: undefined, violations: [], rest: body };
  }
}

export function writeExtended(id: number, dictionary: Writable, rest: Uint8Array = new Uint8Array()): Uint8Array {
  return message(ids.extended, Uint8Array.of(id), writeBencode(dictionary), rest);
}

/** Bits from the highest of the first byte on. */
export function bitsOf(pieces: readonly number[], count: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (const piece of pieces) bytes[piece >> 3]! |= 0x80 >> (piece & 7);
  return bytes;
}

export function piecesIn(bitfield: Uint8Array): readonly number[] {
  return Array.from({ length: 8 * bitfield.length }, (_, at) => at).filter(
    (at) => (bitfield[at >> 3]! & (0x80 >> (at & 7))) !== 0,
  );
}

export function nameOf(id: number | undefined): string {
  if (id === undefined) return 'keep-alive';
  return Object.entries(ids).find(([, known]) => known === id)?.[0] ?? `id ${id}`;
}

/** In words, for the timeline. */
export function describe(each: Message): string {
  const { id, payload } = each;
  const name = nameOf(id);
  if ((id === ids.request || id === ids.cancel || id === ids.reject) && payload.length === 12) {
    const { index, begin, length } = blockOf(each);
    return `${name} ${index} ${begin}+${length}`;
  }
  if (id === ids.piece && payload.length >= 8) {
    const { index, begin, length } = carriedBy(each);
    return `${name} ${index} ${begin}+${length}`;
  }
  if (payload.length === 4) return `${name} ${numberAt(payload, 0)}`;
  if (id === ids.extended) return `${name} ${payload[0]} ${Buffer.from(payload.subarray(1, 200)).toString('latin1')}`;
  return payload.length === 0 ? name : `${name} of ${payload.length} bytes`;
}
