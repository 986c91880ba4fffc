/**
 * Every message of the peer protocol, both ways (BEP 3, peer messages; BEP 5, port; BEP 6; BEP 10, extended; BEP 52, hash
 * transfer). A codec: it knows what a message looks like, not when it may be sent, so encodeMessage() writes what it is told.
 */
import { ProtocolError, readU16, readU32, writeU16, writeU32 } from '@ferro/core';

/** Part of a piece: what is asked for and answered. */
export interface Block {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** Hashes of one layer of a file's Merkle tree, with the proof that leads to its root (BEP 52). */
export interface HashRange {
  /** 32 bytes. */
  readonly piecesRoot: Uint8Array;
  /** Layers above the leaves; 0 asks for leaf hashes. */
  readonly baseLayer: number;
  readonly index: number;
  readonly length: number;
  readonly proofLayers: number;
}

/** One member of a union for each type, so that each narrows alone. */
type Each<Type extends string, Fields> = Type extends string ? { readonly type: Type } & Fields : never;

/** Asks for a block, takes that back, or refuses it. */
export type BlockMessage = Each<'request' | 'cancel' | 'reject', Block>;

/** By which Merkle layers are fetched (BEP 52). */
export type HashMessage =
  | Each<'hash-request' | 'hash-reject', HashRange>
  | Each<'hashes', HashRange & { readonly hashes: Uint8Array }>;

export type Message =
  | Each<'keep-alive' | 'choke' | 'unchoke' | 'interested' | 'not-interested' | 'have-all' | 'have-none', unknown>
  | Each<'have' | 'suggest' | 'allowed-fast', { readonly piece: number }>
  | Each<'bitfield', { readonly bits: Uint8Array }>
  | BlockMessage
  | Each<'piece', { readonly piece: number; readonly begin: number; readonly data: Uint8Array }>
  | Each<'port', { readonly port: number }>
  | Each<'extended', { readonly id: number; readonly payload: Uint8Array }>
  | HashMessage
  | Each<'unknown', { readonly id: number; readonly payload: Uint8Array }>;

export type MessageType = Message['type'];

/** BEP 4, reserved message ids. */
export const messageIds = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
  'hash-request': 21,
  hashes: 22,
  'hash-reject': 23,
} as const;

/** Bytes of a hash range after the id: a root and four numbers. */
const HASH_RANGE = 48;

/** One whole frame, length prefix included, legal or not. Numbers are cut to their width. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'keep-alive':
      return new Uint8Array(4);
    case 'unknown':
      return withPayload(message.id, 0, message.payload);
    case 'have':
    case 'suggest':
    case 'allowed-fast': {
      const frame = startFrame(messageIds[message.type], 4);
      writeU32(frame, 5, message.piece);
      return frame;
    }
    case 'bitfield':
      return withPayload(messageIds.bitfield, 0, message.bits);
    case 'request':
    case 'cancel':
    case 'reject': {
      const frame = startFrame(messageIds[message.type], 12);
      writeU32(frame, 5, message.piece);
      writeU32(frame, 9, message.begin);
      writeU32(frame, 13, message.length);
      return frame;
    }
    case 'piece': {
      const frame = withPayload(messageIds.piece, 8, message.data);
      writeU32(frame, 5, message.piece);
      writeU32(frame, 9, message.begin);
      return frame;
    }
    case 'port': {
      const frame = startFrame(messageIds.port, 2);
      writeU16(frame, 5, message.port);
      return frame;
    }
    case 'extended': {
      const frame = withPayload(messageIds.extended, 1, message.payload);
      frame[5] = message.id;
      return frame;
    }
    case 'hash-request':
    case 'hash-reject':
    case 'hashes':
      return encodeHashes(message);
    default:
      return startFrame(messageIds[message.type], 0);
  }
}

function startFrame(id: number, bodyLength: number): Uint8Array {
  const frame = new Uint8Array(5 + bodyLength);
  writeU32(frame, 0, 1 + bodyLength);
  frame[4] = id;
  return frame;
}

function withPayload(id: number, headLength: number, payload: Uint8Array): Uint8Array {
  const frame = startFrame(id, headLength + payload.length);
  frame.set(payload, 5 + headLength);
  return frame;
}

function encodeHashes(message: HashMessage): Uint8Array {
  const hashes = message.type === 'hashes' ? message.hashes : new Uint8Array(0);
  const frame = withPayload(messageIds[message.type], HASH_RANGE, hashes);
  frame.set(message.piecesRoot.subarray(0, 32), 5);
  writeU32(frame, 37, message.baseLayer);
  writeU32(frame, 41, message.index);
  writeU32(frame, 45, message.length);
  writeU32(frame, 49, message.proofLayers);
  return frame;
}

/** Reads one whole frame, length prefix included. What it returns views the frame. */
export function decodeMessage(frame: Uint8Array): Message {
  if (frame.length < 4) throw wrongLength('frame', frame.length);
  const length = readU32(frame, 0);
  if (length !== frame.length - 4) throw wrongLength('frame', length);
  if (length === 0) return KEEP_ALIVE;
  if (frame[4] !== messageIds.piece) return decodeBody(frame, 4, length);
  if (length < 9) throw wrongLength('piece', length);
  return { type: 'piece', piece: readU32(frame, 5), begin: readU32(frame, 9), data: frame.subarray(13) };
}

/** What a stream decoder can see whole: all but blocks. */
export type SmallMessage = Exclude<Message, { readonly type: 'piece' }>;

export const KEEP_ALIVE: SmallMessage = Object.freeze({ type: 'keep-alive' });

/** Reads the message whose id stands at `at` and whose length, with the id, is `length`. Not for blocks. */
export function decodeBody(bytes: Uint8Array, at: number, length: number): SmallMessage {
  const id = bytes[at]!;
  const fixed = FIXED_LENGTHS[id]!;
  if (fixed !== 0 && fixed !== length) throw wrongLength(`message ${id}`, length);
  switch (id) {
    case 0:
      return { type: 'choke' };
    case 1:
      return { type: 'unchoke' };
    case 2:
      return { type: 'interested' };
    case 3:
      return { type: 'not-interested' };
    case 4:
      return { type: 'have', piece: readU32(bytes, at + 1) };
    case 5:
      return { type: 'bitfield', bits: view(bytes, at + 1, length - 1) };
    case 6:
      return decodeBlock('request', bytes, at);
    case 8:
      return decodeBlock('cancel', bytes, at);
    case 9:
      return { type: 'port', port: readU16(bytes, at + 1) };
    case 13:
      return { type: 'suggest', piece: readU32(bytes, at + 1) };
    case 14:
      return { type: 'have-all' };
    case 15:
      return { type: 'have-none' };
    case 16:
      return decodeBlock('reject', bytes, at);
    case 17:
      return { type: 'allowed-fast', piece: readU32(bytes, at + 1) };
    case 20:
      if (length < 2) throw wrongLength('extended', length);
      return { type: 'extended', id: bytes[at + 1]!, payload: view(bytes, at + 2, length - 2) };
    case 21:
    case 22:
    case 23:
      return decodeHashes(bytes, at, length);
    default:
      return { type: 'unknown', id, payload: view(bytes, at + 1, length - 1) };
  }
}

function decodeBlock(type: 'request' | 'cancel' | 'reject', bytes: Uint8Array, at: number): SmallMessage {
  return { type, piece: readU32(bytes, at + 1), begin: readU32(bytes, at + 5), length: readU32(bytes, at + 9) };
}

function decodeHashes(bytes: Uint8Array, at: number, length: number): SmallMessage {
  const hashesLength = length - 1 - HASH_RANGE;
  if (hashesLength < 0 || hashesLength % 32 !== 0) throw wrongLength('hashes', length);
  const range = {
    piecesRoot: view(bytes, at + 1, 32),
    baseLayer: readU32(bytes, at + 33),
    index: readU32(bytes, at + 37),
    length: readU32(bytes, at + 41),
    proofLayers: readU32(bytes, at + 45),
  };
  if (bytes[at] !== messageIds.hashes) {
    return { type: bytes[at] === messageIds['hash-request'] ? 'hash-request' : 'hash-reject', ...range };
  }
  return { type: 'hashes', ...range, hashes: view(bytes, at + 1 + HASH_RANGE, hashesLength) };
}

/** A plain Uint8Array whatever the input is, so that a host's own subclass of it does not slow what comes after. */
function view(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}

/** Length of a message with its id, by id; 0: it varies. */
const FIXED_LENGTHS = new Uint8Array(256);
FIXED_LENGTHS.set([1, 1, 1, 1, 5, 0, 13, 0, 13, 3]);
FIXED_LENGTHS.set([5, 1, 1, 13, 5], messageIds.suggest);
FIXED_LENGTHS[messageIds['hash-request']] = 1 + HASH_RANGE;
FIXED_LENGTHS[messageIds['hash-reject']] = 1 + HASH_RANGE;

/** 0 if messages with this id come in several lengths. */
export function fixedLengthOf(id: number): number {
  return FIXED_LENGTHS[id]!;
}

export function wrongLength(what: string, length: number): ProtocolError {
  return new ProtocolError('wire/message-length', 'BEP 3, peer messages', `${what} with a length of ${length}`);
}
