/**
 * The extended handshake (BEP 10; BEP 21, upload_only): what a peer says of itself once both sides know that they can be
 * extended. Reads tolerantly: a field of the wrong kind or size is as good as absent. Which extension gets which message is
 * in extension.ts.
 */
import {
  type BencodeDictionary,
  type BencodeInput,
  bytesAt,
  decodeLenient,
  dictionaryAt,
  encode,
  integerAt,
  isDictionary,
  keyText,
  textAt,
  textKey,
} from '@ferro/bencode';
import { formatIp, ProtocolError, parseIp } from '@ferro/core';
import type { WireLimits } from './limits.ts';

/** What a peer says of itself, as far as it makes sense. A later handshake changes only what it names. */
export interface ExtendedHandshake {
  /** Extensions that this message turns on (the id to use towards the peer) or off (0). */
  readonly ids: ReadonlyMap<string, number>;
  /** The name and version of the program, without characters that could deceive who reads it. */
  readonly client?: string;
  /** Where it listens. */
  readonly port?: number;
  /** Our own address, as the peer sees it. */
  readonly yourIp?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** How many requests it lets wait. */
  readonly requestQueue?: number;
  /** It wants nothing from us (BEP 21). */
  readonly uploadOnly?: boolean;
  /** Everything it said; what it views lives until the next receive(). */
  readonly dictionary: BencodeDictionary;
}

/** What we say of ourselves. */
export interface ExtendedOffer {
  readonly ids: ReadonlyMap<string, number>;
  readonly client?: string | undefined;
  readonly port?: number | undefined;
  readonly yourIp?: string | undefined;
  readonly requestQueue?: number | undefined;
  readonly uploadOnly?: boolean | undefined;
  /** Fields of the extensions. */
  readonly more: { readonly [key: string]: BencodeInput };
}

export function encodeExtendedHandshake(offer: ExtendedOffer): Uint8Array {
  return encode({
    ...offer.more,
    m: Object.fromEntries([...offer.ids].map(([name, id]) => [textKey(name), id])),
    v: offer.client,
    p: offer.port,
    yourip: offer.yourIp === undefined ? undefined : parseIp(offer.yourIp),
    reqq: offer.requestQueue,
    upload_only: offer.uploadOnly === undefined ? undefined : Number(offer.uploadOnly),
  });
}

/** Throws if the payload is no bencoded dictionary at all. */
export function decodeExtendedHandshake(payload: Uint8Array, limits: WireLimits): ExtendedHandshake {
  // Deployed clients do not all sort their keys.
  const { value } = decodeLenient(payload, { depth: 10, tokens: limits.extendedTokens, deviations: 1 });
  if (!isDictionary(value)) {
    throw new ProtocolError('wire/extended-handshake', 'BEP 10, handshake message', 'the handshake is no dictionary');
  }
  const uploadOnly = integerAt(value, 'upload_only');
  return compact({
    ids: readIds(value),
    client: readClient(value, limits.clientNameLength),
    port: between(integerAt(value, 'p'), 1, 65_535),
    yourIp: readIp(value, 'yourip', [4, 16]),
    ipv4: readIp(value, 'ipv4', [4]),
    ipv6: readIp(value, 'ipv6', [16]),
    requestQueue: between(integerAt(value, 'reqq'), 1, Number.MAX_SAFE_INTEGER),
    uploadOnly: uploadOnly === undefined ? undefined : uploadOnly !== 0,
    dictionary: value,
  });
}

function readIds(value: BencodeDictionary): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const m = dictionaryAt(value, 'm');
  for (const key of Object.keys(m ?? {})) {
    const id = between(integerAt(m, key), 0, 255);
    if (id !== undefined) ids.set(keyText(key), id);
  }
  return ids;
}

/** Control characters and marks that turn the direction of text would let a peer write into other lines of a screen. */
function readClient(value: BencodeDictionary, length: number): string | undefined {
  const text = textAt(value, 'v')
    ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return text === undefined || text === '' ? undefined : [...text.slice(0, 2 * length)].slice(0, length).join('');
}

function readIp(value: BencodeDictionary, key: string, lengths: readonly number[]): string | undefined {
  const bytes = bytesAt(value, key);
  return bytes !== undefined && lengths.includes(bytes.length) ? formatIp(bytes) : undefined;
}

function between(value: number | undefined, lowest: number, highest: number): number | undefined {
  return value !== undefined && value >= lowest && value <= highest ? value : undefined;
}

/** Without the fields that are undefined. */
function compact<Whole extends object>(fields: { [Key in keyof Whole]: Whole[Key] | undefined }): Whole {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as Whole;
}
