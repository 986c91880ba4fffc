/**
 * Reads a message of the DHT (BEP 5, KRPC protocol). Lenient where the network needs it: unknown keys are skipped, a known one
 * with a value of the wrong kind or length counts as absent. Byte strings in a message are views of the datagram.
 */
import { type AddressFamily, ProtocolError } from '@ferro/core';
import { isKrpc, type KrpcMessage } from './krpc.ts';
import { FIELDS, type Field, KrpcBody } from './krpc-body.ts';
import { DICTIONARY, KrpcReader, LIST } from './krpc-reader.ts';
import { limits } from './limits.ts';

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

function ascii(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function malformed(code: string, what: string): ProtocolError {
  return new ProtocolError(code, 'BEP 5, KRPC protocol', `the datagram is no message of the DHT: ${what}`);
}
