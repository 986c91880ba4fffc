/** KRPC messages, raw (BEP 5, KRPC protocol). Writes whatever it is told, also nonsense; reads what is there and judges nothing. */
import {
  type Bencoded,
  type BencodedMap,
  latin1,
  MalformedBencode,
  readBencode,
  type Writable,
  writeBencode,
} from '../bencode.ts';

/** A part that is not there, or is of another type than it has to be, is undefined. */
export interface Message {
  readonly type: 'query' | 'response' | 'error' | 'other';
  readonly transaction: Uint8Array | undefined;
  /** All of it. */
  readonly top: BencodedMap;
  /** `a` of a query, `r` of a response; else empty. */
  readonly body: BencodedMap;
  readonly method: string | undefined;
  readonly code: number | undefined;
  readonly text: string | undefined;
  /** What is not canonical in it. */
  readonly violations: readonly string[];
  readonly length: number;
}

export type Fields = Readonly<Record<string, Writable>>;

export function writeQuery(transaction: Writable, method: string, body: Fields, top: Fields = {}): Uint8Array {
  return writeBencode({ t: transaction, y: 'q', q: method, a: body, ...top });
}

export function writeResponse(transaction: Writable, body: Fields, top: Fields = {}): Uint8Array {
  return writeBencode({ t: transaction, y: 'r', r: body, ...top });
}

export function writeError(transaction: Writable, code: number, text: string, top: Fields = {}): Uint8Array {
  return writeBencode({ t: transaction, y: 'e', e: [code, text], ...top });
}

/** Undefined where it is no dictionary at all. */
export function readMessage(bytes: Uint8Array): Message | undefined {
  let reading: ReturnType<typeof readBencode>;
  try {
    reading = readBencode(bytes);
  } catch (error) {
    if (error instanceof MalformedBencode) return undefined;
    throw error;
  }
  const { value: top, violations } = reading;
  if (!isMap(top)) return undefined;
  const y = asText(top.get('y'));
  const error = top.get('e');
  const [code, text] = Array.isArray(error) ? (error as readonly Bencoded[]) : [];
  const body = top.get(y === 'q' ? 'a' : 'r');
  return {
    type: y === 'q' ? 'query' : y === 'r' ? 'response' : y === 'e' ? 'error' : 'other',
    transaction: asBytes(top.get('t')),
    top,
    body: isMap(body) ? body : new Map(),
    method: asText(top.get('q')),
    code: typeof code === 'number' ? code : undefined,
    text: asText(text),
    violations,
    length: bytes.length,
  };
}

export function isMap(value: Bencoded | undefined): value is BencodedMap {
  return value instanceof Map;
}

export function asBytes(value: Bencoded | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

export function asText(value: Bencoded | undefined): string | undefined {
  return value instanceof Uint8Array ? latin1(value) : undefined;
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** One line for the timeline. */
export function describeMessage(bytes: Uint8Array): string {
  const message = readMessage(bytes);
  if (message === undefined) return `${bytes.length} bytes that are no dictionary`;
  const { type, method, code, text, transaction, body } = message;
  const what = type === 'query' ? `query ${method}` : type === 'error' ? `error ${code} "${text}"` : type;
  const fields = [...body].map(([key, value]) => `${key} ${shown(value)}`).join(', ');
  return `${what}, t ${transaction === undefined ? 'missing' : hex(transaction)}${fields === '' ? '' : `: ${fields}`}`;
}

function shown(value: Bencoded): string {
  if (value instanceof Uint8Array) return value.length > 40 ? `${value.length} bytes` : hex(value);
  if (isMap(value)) return `{${[...value].map(([key, each]) => `${key} ${shown(each)}`).join(', ')}}`;
  if (Array.isArray(value)) return `${value.length} items`;
  return String(value);
}
