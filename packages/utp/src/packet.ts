/**
 * The packet codec (BEP 29, header format): 20 bytes, a chain of extensions of which one means something (selective acks), then
 * payload. `encodePacket` and `decodePacket` speak in objects; the connection reads with a `PacketReader`, which is filled
 * again for each packet, and writes with `writeHeader` right in front of the payload. What is legal when is not decided here.
 */
import { ProtocolError, readU16, readU32, writeU16, writeU32 } from '@ferro/core';

export const packetTypes = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const;

export type PacketTypeName = keyof typeof packetTypes;

export const headerLength = 20;

const VERSION = 1;
const SELECTIVE_ACK = 1;
/**
 * The extension with which old clients announced others. All zeros it announces none, every client skips it, and those that look at
 * it want it eight bytes long: that makes it padding, in steps of ten bytes.
 */
const PADDING = 2;
const PADDING_VALUE = 8;
export const paddingStep: number = 2 + PADDING_VALUE;

const SPEC_HEADER = 'BEP 29, header format';
const SPEC_EXTENSION = 'BEP 29, extension';

export interface Packet {
  readonly type: PacketTypeName;
  readonly connectionId: number;
  /** Microseconds, the low 32 bits. */
  readonly timestamp: number;
  readonly timestampDifference: number;
  readonly window: number;
  readonly sequence: number;
  readonly acknowledged: number;
  /** The bit mask of a selective ack: bit i, counted from the lowest of each byte, is packet `acknowledged + 2 + i`. */
  readonly selective?: Uint8Array;
  readonly payload: Uint8Array;
}

/** What most packets of a connection have in common at one moment. */
export interface HeaderFields {
  connectionId: number;
  timestamp: number;
  timestampDifference: number;
  window: number;
  acknowledged: number;
}

export function writeHeader(
  into: Uint8Array,
  type: number,
  extension: number,
  sequence: number,
  fields: HeaderFields,
): void {
  into[0] = (type << 4) | VERSION;
  into[1] = extension;
  writeU16(into, 2, fields.connectionId);
  writeU32(into, 4, fields.timestamp);
  writeU32(into, 8, fields.timestampDifference);
  writeU32(into, 12, fields.window);
  writeU16(into, 16, sequence);
  writeU16(into, 18, fields.acknowledged);
}

/** A packet of nothing but a header, or of a header and a selective ack. */
export function smallPacket(type: number, sequence: number, fields: HeaderFields, mask?: Uint8Array): Uint8Array {
  if (mask === undefined) {
    const bytes = new Uint8Array(headerLength);
    writeHeader(bytes, type, 0, sequence, fields);
    return bytes;
  }
  const bytes = new Uint8Array(headerLength + 2 + mask.length);
  writeHeader(bytes, type, SELECTIVE_ACK, sequence, fields);
  bytes[headerLength + 1] = mask.length;
  bytes.set(mask, headerLength + 2);
  return bytes;
}

/** The same packet, longer by a multiple of `paddingStep`: padded between header and payload. */
export function padPacket(packet: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(packet.subarray(0, headerLength));
  const payloadAt = length - (packet.length - headerLength);
  let extension = 1;
  for (let at = headerLength; at < payloadAt; at += paddingStep) {
    bytes[extension] = PADDING;
    bytes[at + 1] = PADDING_VALUE;
    extension = at;
  }
  bytes.set(packet.subarray(headerLength), payloadAt);
  return bytes;
}

/** One packet read in place. The fields are those of the last read(). */
export class PacketReader {
  type = 0;
  connectionId = 0;
  timestamp = 0;
  timestampDifference = 0;
  window = 0;
  sequence = 0;
  acknowledged = 0;
  /** Where the mask of a selective ack starts and how long it is; length 0: there is none. */
  maskAt = 0;
  maskLength = 0;
  payloadAt = 0;

  /** Throws a ProtocolError if this is no uTP packet. */
  read(bytes: Uint8Array): void {
    if (bytes.length < headerLength) {
      throw new ProtocolError('utp/packet-too-short', SPEC_HEADER, `${bytes.length} bytes are no packet`);
    }
    const first = bytes[0]!;
    if ((first & 15) !== VERSION) {
      throw new ProtocolError('utp/unknown-version', SPEC_HEADER, `version ${first & 15}`);
    }
    this.type = first >> 4;
    if (this.type > packetTypes.syn) {
      throw new ProtocolError('utp/unknown-type', 'BEP 29, type', `type ${this.type}`);
    }
    this.connectionId = readU16(bytes, 2);
    this.timestamp = readU32(bytes, 4);
    this.timestampDifference = readU32(bytes, 8);
    this.window = readU32(bytes, 12);
    this.sequence = readU16(bytes, 16);
    this.acknowledged = readU16(bytes, 18);
    this.maskLength = 0;
    this.payloadAt = headerLength;
    if (bytes[1] !== 0) this.#readExtensions(bytes);
  }

  #readExtensions(bytes: Uint8Array): void {
    let extension = bytes[1]!;
    let at = headerLength;
    while (extension !== 0) {
      const length = bytes[at + 1];
      if (length === undefined || at + 2 + length > bytes.length) {
        throw new ProtocolError('utp/extension-cut', SPEC_EXTENSION, 'an extension reaches beyond the packet');
      }
      if (extension === SELECTIVE_ACK) {
        // The BEP has multiples of four; libtorrent sends as many bytes as it has bits for, and an ack must not be lost for that.
        if (length === 0) {
          throw new ProtocolError('utp/selective-ack-length', 'BEP 29, Selective ACK', `a mask of ${length} bytes`);
        }
        this.maskAt = at + 2;
        this.maskLength = length;
      }
      extension = bytes[at]!;
      at += 2 + length;
    }
    this.payloadAt = at;
  }
}

/** Writes what it is told, legal or not. */
export function encodePacket(packet: Packet): Uint8Array {
  const { payload } = packet;
  const head = smallPacket(packetTypes[packet.type], packet.sequence, packet, packet.selective);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** Mask and payload are views of `bytes`. Throws a ProtocolError if this is no uTP packet. */
export function decodePacket(bytes: Uint8Array): Packet {
  const reader = new PacketReader();
  reader.read(bytes);
  const { connectionId, timestamp, timestampDifference, window, sequence, acknowledged, maskAt, maskLength } = reader;
  return {
    type: TYPE_NAMES[reader.type]!,
    connectionId,
    timestamp,
    timestampDifference,
    window,
    sequence,
    acknowledged,
    ...(maskLength > 0 && { selective: bytes.subarray(maskAt, maskAt + maskLength) }),
    payload: bytes.subarray(reader.payloadAt),
  };
}

const TYPE_NAMES = Object.keys(packetTypes) as PacketTypeName[];
