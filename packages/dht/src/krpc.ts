/**
 * The messages of the DHT (BEP 5, KRPC protocol; BEP 42, `ip`; BEP 43, `ro`), both ways. Writes what it is told, legal or
 * not. Reads leniently where the network needs it: unknown keys are skipped, a known one with a value of the wrong kind
 * or length counts as absent. Byte strings in a decoded message are views of the datagram.
 */
import { type AddressFamily, ProtocolError } from '@ferro/core';
import { type BodyFields, FIELDS, type Field, KrpcBody } from './krpc-body.ts';
import { DICTIONARY, KrpcReader, LIST } from './krpc-reader.ts';
import { KrpcWriter } from './krpc-writer.ts';
import { limits } from './limits.ts';

export interface KrpcQuery {
  readonly type: 'query';
  readonly transaction: Uint8Array;
  /** `ping`, `find_node`, `get_peers`, `announce_peer`, `get`, `put`, `sample_infohashes`, or something unknown. */
  readonly method: string;
  readonly body: BodyFields;
  /** Whoever asks will not answer questions itself (BEP 43). */
  readonly readOnly?: boolean;
  readonly version?: Uint8Array | undefined;
}

export interface KrpcResponse {
  readonly type: 'response';
  readonly transaction: Uint8Array;
  readonly body: BodyFields;
  /** The compact address that the question came from (BEP 42, bootstrapping). */
  readonly address?: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
}

export interface KrpcError {
  readonly type: 'error';
  readonly transaction: Uint8Array;
  /** 201 generic, 202 server, 203 protocol, 204 method unknown; of BEP 44: 205, 206, 207, 301, 302. */
  readonly code: number;
  readonly message: string;
  readonly address?: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
}

export type KrpcMessage = KrpcQuery | KrpcResponse | KrpcError;

/** Whether a datagram that came to a shared port is meant for the DHT: no uTP packet and no answer of a tracker starts so. */
export function isKrpc(bytes: Uint8Array): boolean {
  const second = bytes[1];
  return bytes[0] === DICTIONARY && second !== undefined && second >= 48 && second <= 57 && bytes.at(-1) === 101;
}

/** Throws a ProtocolError if the datagram is not one message. */
export function decodeKrpc(bytes: Uint8Array): KrpcMessage {
  if (bytes.length > limits.receivedBytes) throw malformed('dht/too-long', `${bytes.length} bytes are too many`);
  if (!isKrpc(bytes)) throw malformed('dht/not-krpc', 'it is no dictionary');
  const reader = new KrpcReader(bytes);
  const envelope = readEnvelope(reader);
  if (reader.at !== bytes.length) throw malformed('dht/bad-bencode', 'something follows the message');
  const { transaction, kind, version, address } = envelope;
  if (transaction === undefined) throw malformed('dht/no-transaction', 'it has no transaction id');
  if (kind === 113) {
    const { method, readOnly } = envelope;
    if (method === undefined) throw malformed('dht/no-method', 'a query names no method');
    return { type: 'query', transaction, method, body: envelope.question ?? new KrpcBody(), readOnly, version };
  }
  if (kind === 114) {
    if (envelope.answer === undefined) throw malformed('dht/no-answer', 'a response has no values');
    return { type: 'response', transaction, body: envelope.answer, address, version };
  }
  if (kind === 101) {
    const { code, message } = envelope;
    return { type: 'error', transaction, code, message, address, version };
  }
  throw malformed('dht/unknown-kind', 'it is neither query nor response nor error');
}

class Envelope {
  transaction: Uint8Array | undefined = undefined;
  kind = 0;
  method: string | undefined = undefined;
  question: KrpcBody | undefined = undefined;
  answer: KrpcBody | undefined = undefined;
  readOnly = false;
  version: Uint8Array | undefined = undefined;
  address: Uint8Array | undefined = undefined;
  code = 201;
  message = '';
}

function readEnvelope(reader: KrpcReader): Envelope {
  const envelope = new Envelope();
  reader.enter();
  while (!reader.leave()) {
    const start = reader.stringStart();
    const length = reader.at - start;
    const first = reader.bytes[start]!;
    if (length === 1) readShortKey(reader, envelope, first);
    else if (length === 2 && first === 105 && reader.bytes[start + 1] === 112 && reader.atString()) {
      envelope.address = reader.string();
    } else if (length === 2 && first === 114 && reader.bytes[start + 1] === 111 && reader.atInteger()) {
      envelope.readOnly = reader.integerText() === '1';
    } else reader.skip();
  }
  return envelope;
}

function readShortKey(reader: KrpcReader, envelope: Envelope, key: number): void {
  const string = reader.atString();
  if (key === 97 && reader.peek() === DICTIONARY) envelope.question = readBody(reader);
  else if (key === 114 && reader.peek() === DICTIONARY) envelope.answer = readBody(reader);
  else if (key === 101 && reader.peek() === LIST) readError(reader, envelope);
  else if (key === 116 && string) envelope.transaction = reader.string();
  else if (key === 113 && string) envelope.method = readMethod(reader);
  else if (key === 118 && string) envelope.version = reader.string();
  else if (key === 121 && string) {
    const start = reader.stringStart();
    envelope.kind = reader.at === start + 1 ? reader.bytes[start]! : 0;
  } else reader.skip();
}

function readError(reader: KrpcReader, envelope: Envelope): void {
  reader.enter();
  while (!reader.leave()) {
    if (reader.atInteger()) envelope.code = Number(reader.integerText());
    else if (reader.atString()) envelope.message = text(reader.string());
    else reader.skip();
  }
}

const METHODS = ['ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'sample_infohashes', 'vote'].map(
  (name) => ({ name, bytes: ascii(name) }),
);

function readMethod(reader: KrpcReader): string {
  const start = reader.stringStart();
  const length = reader.at - start;
  for (let i = 0; i < METHODS.length; i++) {
    const method = METHODS[i]!;
    if (method.bytes.length === length && matches(reader.bytes, start, method.bytes)) return method.name;
  }
  return text(reader.bytes.subarray(start, reader.at));
}

/** Fields by length and first byte of their key; no two share both, except where a list says so. */
const FIELDS_BY_SHAPE: (readonly Field[] | undefined)[] = [];
for (const field of FIELDS) {
  const shape = field.key.length * 256 + field.key[0]!;
  FIELDS_BY_SHAPE[shape] = [...(FIELDS_BY_SHAPE[shape] ?? []), field];
}

function readBody(reader: KrpcReader): KrpcBody {
  const body = new KrpcBody();
  reader.enter();
  while (!reader.leave()) {
    const start = reader.stringStart();
    const field = findField(reader.bytes, start, reader.at - start);
    const value = field === undefined ? reader.skip() : readField(reader, field);
    if (field !== undefined && value !== undefined) (body[field.name] as unknown) = value;
  }
  return body;
}

function findField(bytes: Uint8Array, start: number, length: number): Field | undefined {
  const candidates = FIELDS_BY_SHAPE[length * 256 + bytes[start]!];
  if (candidates === undefined) return undefined;
  for (let i = 0; i < candidates.length; i++) if (matches(bytes, start, candidates[i]!.key)) return candidates[i];
  return undefined;
}

function matches(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}

/** Undefined, and stepped over, if the value is not of the field's kind. */
function readField(reader: KrpcReader, field: Field): unknown {
  if (field.kind === 'raw') return reader.raw();
  if (reader.atString()) {
    if (field.kind !== 'bytes') return void reader.stringStart();
    const bytes = reader.string();
    return field.length === undefined || field.length === bytes.length ? bytes : undefined;
  }
  if (reader.atInteger()) return integerOf(reader.integerText(), field);
  if (reader.peek() === LIST && field.kind === 'list') return readList(reader);
  if (reader.peek() === LIST && field.kind === 'want') return readWant(reader);
  return void reader.skip();
}

const INT64_MAX = 0x7fffffffffffffffn;

function integerOf(digits: string, field: Field): unknown {
  if (field.kind === 'flag') return digits !== '0';
  if (field.kind === 'int64') {
    const value = BigInt(digits);
    return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
  }
  const value = Number(digits);
  return field.kind === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function readList(reader: KrpcReader): Uint8Array[] {
  const strings: Uint8Array[] = [];
  reader.enter();
  while (!reader.leave()) {
    if (!reader.atString()) reader.skip();
    else if (strings.length < limits.values) strings.push(reader.string());
    else reader.stringStart();
  }
  return strings;
}

function readWant(reader: KrpcReader): AddressFamily[] {
  const strings = readList(reader);
  const wants = (digit: number) => strings.some((name) => name.length === 2 && name[0] === 110 && name[1] === digit);
  const families: AddressFamily[] = [];
  if (wants(52)) families.push(4);
  if (wants(54)) families.push(6);
  return families;
}

const writer = new KrpcWriter();
const OPEN_IP = ascii('2:ip');
const READ_ONLY = ascii('2:roi1e');
const QUESTION = ascii('1:a');
const ANSWER = ascii('1:r');
const ERROR = ascii('1:el');
const METHOD = ascii('1:q');
const TRANSACTION = ascii('1:t');
const VERSION = ascii('1:v');
const KINDS = { query: ascii('1:y1:qe'), response: ascii('1:y1:re'), error: ascii('1:y1:ee') };

export function encodeKrpc(message: KrpcMessage): Uint8Array {
  writer.byte(DICTIONARY);
  if (message.type === 'query') writeBody(QUESTION, message.body);
  else {
    if (message.type === 'error') {
      writer.raw(ERROR).integer(message.code).string(new TextEncoder().encode(message.message)).byte(101);
    }
    if (message.address !== undefined) writer.raw(OPEN_IP).string(message.address);
    if (message.type === 'response') writeBody(ANSWER, message.body);
  }
  if (message.type === 'query') {
    writer.raw(METHOD).string(ascii(message.method));
    if (message.readOnly === true) writer.raw(READ_ONLY);
  }
  writer.raw(TRANSACTION).string(message.transaction);
  if (message.version !== undefined) writer.raw(VERSION).string(message.version);
  return writer.raw(KINDS[message.type]).finish();
}

const KEYS: readonly Uint8Array[] = FIELDS.map(({ key }) => new KrpcWriter().string(key).finish());

function writeBody(key: Uint8Array, body: BodyFields): void {
  writer.raw(key).byte(DICTIONARY);
  for (let i = 0; i < FIELDS.length; i++) {
    const field = FIELDS[i]!;
    const value = body[field.name];
    if (value !== undefined && value !== false) {
      writer.raw(KEYS[i]!);
      writeValue(field, value);
    }
  }
  writer.byte(101);
}

function writeValue(field: Field, value: NonNullable<BodyFields[keyof BodyFields]>): void {
  if (value instanceof Uint8Array) field.kind === 'raw' ? writer.raw(value) : writer.string(value);
  else if (typeof value === 'number' || typeof value === 'bigint') writer.integer(value);
  else if (value === true) writer.integer(1);
  else if (value !== false) {
    writer.byte(LIST);
    for (const entry of value) writer.string(typeof entry === 'number' ? ascii(`n${entry}`) : entry);
    writer.byte(101);
  }
}

function ascii(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function malformed(code: string, what: string): ProtocolError {
  return new ProtocolError(code, 'BEP 5, KRPC protocol', `the datagram is no message of the DHT: ${what}`);
}
