/**
 * Bencode (BEP 3), small and apart from the project's own: the judge must not share a mistake with the judged. Strings are
 * bytes; text and byte strings are both taken when writing. It is strict about nothing that a judge need not be strict about.
 */
export type Bencoded = number | Uint8Array | Bencoded[] | { [key: string]: Bencoded };
export type Encodable = number | string | Uint8Array | readonly Encodable[] | { readonly [key: string]: Encodable };

export function encode(value: Encodable): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** The value at the start of the bytes, and where it ends. Throws on anything that is no bencode. */
export function decodeFirst(bytes: Uint8Array): { readonly value: Bencoded; readonly end: number } {
  const reader = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const value = read(reader, 0);
  return { value, end: reader.at };
}

/** A dictionary, or nothing. */
export function decodeDictionary(bytes: Uint8Array): { [key: string]: Bencoded } | undefined {
  if (bytes[0] !== 0x64) return undefined;
  try {
    return decodeFirst(bytes).value as { [key: string]: Bencoded };
  } catch {
    return undefined;
  }
}

function write(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === 'number') parts.push(Buffer.from(`i${value}e`));
  else if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    parts.push(Buffer.from(`${bytes.length}:`), bytes);
  } else if (isList(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from('e'));
  } else {
    parts.push(Buffer.from('d'));
    const keys = Object.keys(value).map((key) => ({ key, raw: Buffer.from(key) }));
    for (const { key } of keys.sort((one, other) => Buffer.compare(one.raw, other.raw))) {
      write(key, parts);
      write(value[key]!, parts);
    }
    parts.push(Buffer.from('e'));
  }
}

const isList = (value: object): value is readonly Encodable[] => Array.isArray(value);

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

const DEPTH_MAX = 32;

function read(reader: Reader, depth: number): Bencoded {
  const kind = reader.bytes[reader.at];
  if (kind === 0x69) {
    reader.at++;
    return Number(upTo(reader, 0x65));
  }
  if (kind !== 0x6c && kind !== 0x64) return readString(reader);
  if (depth >= DEPTH_MAX) throw new Error('nested too deeply');
  reader.at++;
  const items: Bencoded[] = [];
  while (reader.bytes[reader.at] !== 0x65) items.push(read(reader, depth + 1));
  reader.at++;
  if (kind === 0x6c) return items;
  const pairs: [string, Bencoded][] = [];
  for (let i = 0; i + 1 < items.length; i += 2) pairs.push([text(items[i]), items[i + 1]!]);
  return Object.fromEntries(pairs);
}

function readString(reader: Reader): Buffer {
  const length = Number(upTo(reader, 0x3a));
  if (!(length >= 0) || reader.at + length > reader.bytes.length) throw new Error('a string beyond the end');
  const value = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  return value;
}

function upTo(reader: Reader, end: number): string {
  const stop = reader.bytes.indexOf(end, reader.at);
  if (stop < 0 || stop - reader.at > 20) throw new Error('no number');
  const found = reader.bytes.toString('latin1', reader.at, stop);
  if (!/^-?\d+$/.test(found)) throw new Error(`${found} is no number`);
  reader.at = stop + 1;
  return found;
}

/** A byte string as text, each byte a character. */
export function text(value: Bencoded | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : '';
}
