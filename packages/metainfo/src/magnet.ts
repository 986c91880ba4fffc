/**
 * Magnet links (BEP 9, magnet URI format; BEP 53, selection of files; the magnet web seeding draft: `ws`, `xs`, `as`): which
 * torrent, by its info-hashes, and who may know more. A link is written by strangers: every part is optional but the
 * info-hash, what cannot be read is passed over, and URLs are data that nobody here opens.
 */
import { fromHex, Id20, ProtocolError, parseAddress, toHex } from '@ferro/core';
import { type Limits, limits } from './limits.ts';

/** Somebody to ask: the host is an IP address in its canonical form, or a name. */
export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** Files by index, from `first` to `last`, both included. */
export interface Selection {
  readonly first: number;
  readonly last: number;
}

export interface Magnet {
  readonly infoHashV1?: Id20 | undefined;
  /** 32 bytes. */
  readonly infoHashV2?: Uint8Array | undefined;
  /** `dn`: to show until the torrent is known. */
  readonly name?: string | undefined;
  /** `xl`: bytes of content. */
  readonly length?: number | undefined;
  /** `tr`, in the order of the link. */
  readonly trackers: readonly string[];
  /** `ws`: web seeds (BEP 19). */
  readonly webSeeds: readonly string[];
  /** `xs`: where the torrent file is. */
  readonly exactSources: readonly string[];
  /** `as`: where it may be, if nothing else helps. */
  readonly acceptableSources: readonly string[];
  /** `x.pe` */
  readonly peers: readonly Peer[];
  /** `so`: only these files are wanted. Absent: all. */
  readonly select?: readonly Selection[] | undefined;
  /** `kt`: words to search for. */
  readonly keywords: readonly string[];
  /** `mt`: lists of links. */
  readonly manifests: readonly string[];
}

/** What to write: an info-hash, and any of the rest. */
export type MagnetParts = Partial<Magnet>;

const SPEC = 'BEP 9, magnet URI format';
const V1 = 'urn:btih:';
const V2 = 'urn:btmh:';
/** A multihash: the number of SHA-256, then its length. */
const SHA256 = '1220';

/** Reads a link. Without an info-hash that can be used, or longer than any real one, it is a ProtocolError. */
export function parseMagnet(link: string, options: { readonly limits?: Partial<Limits> } = {}): Magnet {
  const { magnetLength, magnetParameters, magnetRanges } = { ...limits, ...options.limits };
  if (link.length > magnetLength) throw new ProtocolError('metainfo/magnet-too-long', SPEC, 'the link is too long');
  if (!/^magnet:\?/i.test(link)) throw new ProtocolError('metainfo/magnet-scheme', SPEC, 'this is no magnet link');
  const found = new Map<string, string[]>();
  for (const parameter of link.slice(8).split('&', magnetParameters)) {
    const equals = parameter.indexOf('=');
    if (equals <= 0) continue;
    // Several of a kind may be numbered: tr.1, tr.2.
    const key = parameter
      .slice(0, equals)
      .toLowerCase()
      .replace(/\.\d+$/, '');
    const values = found.get(key);
    const value = parameter.slice(equals + 1);
    if (value === '') continue;
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  const all = (key: string) => (found.get(key) ?? []).map(unescaped);
  const topics = all('xt');
  const length = Number(found.get('xl')?.[0] ?? Number.NaN);
  const magnet: Magnet = {
    infoHashV1: firstOf(topics, readV1),
    infoHashV2: firstOf(topics, readV2),
    name: found.get('dn')?.[0] === undefined ? undefined : unescaped(found.get('dn')![0]!.replaceAll('+', ' ')),
    length: Number.isSafeInteger(length) && length >= 0 ? length : undefined,
    trackers: all('tr'),
    webSeeds: all('ws'),
    exactSources: all('xs'),
    acceptableSources: all('as'),
    peers: all('x.pe').flatMap(readPeer),
    select: readSelection(found.get('so'), magnetRanges),
    keywords: (found.get('kt') ?? []).flatMap((words) => words.split('+').map(unescaped)),
    manifests: all('mt'),
  };
  if (magnet.infoHashV1 === undefined && magnet.infoHashV2 === undefined) {
    throw new ProtocolError('metainfo/magnet-info-hash', SPEC, 'the link has no info-hash that can be used');
  }
  return magnet;
}

/** Writes a link, in a fixed order. */
export function formatMagnet(parts: MagnetParts): string {
  const { infoHashV1, infoHashV2, name, length, select, peers = [], keywords = [] } = parts;
  if (infoHashV1 === undefined && infoHashV2 === undefined) throw new TypeError('a magnet link needs an info-hash');
  const written: string[] = [];
  const add = (key: string, values: readonly string[] = []) => {
    for (const value of values) written.push(`${key}=${value}`);
  };
  if (infoHashV1 !== undefined) add('xt', [V1 + infoHashV1.hex]);
  if (infoHashV2 !== undefined) add('xt', [V2 + SHA256 + toHex(infoHashV2)]);
  if (name) add('dn', [escaped(name)]);
  if (length !== undefined) add('xl', [`${length}`]);
  add('tr', parts.trackers?.map(escaped));
  add('ws', parts.webSeeds?.map(escaped));
  add('xs', parts.exactSources?.map(escaped));
  add('as', parts.acceptableSources?.map(escaped));
  add(
    'x.pe',
    peers.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
  );
  if (select !== undefined && select.length > 0) {
    add('so', [select.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')]);
  }
  if (keywords.length > 0) add('kt', [keywords.map(escaped).join('+')]);
  add('mt', parts.manifests?.map(escaped));
  return `magnet:?${written.join('&')}`;
}

/** Which of `count` files a selection wants: what a storage is told. Everything, if there is no selection. */
export function selectedFiles(select: readonly Selection[] | undefined, count: number): boolean[] {
  const wanted = new Array<boolean>(count).fill(select === undefined);
  for (const { first, last } of select ?? []) wanted.fill(true, first, Math.min(last, count - 1) + 1);
  return wanted;
}

function firstOf<Value>(topics: readonly string[], read: (topic: string) => Value | undefined): Value | undefined {
  for (const topic of topics) {
    const value = read(topic);
    if (value !== undefined) return value;
  }
  return undefined;
}

function readV1(topic: string): Id20 | undefined {
  if (topic.slice(0, V1.length).toLowerCase() !== V1) return undefined;
  const text = topic.slice(V1.length);
  const bytes = text.length === 32 ? fromBase32(text) : fromHex(text);
  return bytes?.length === 20 ? Id20.from(bytes) : undefined;
}

function readV2(topic: string): Uint8Array | undefined {
  const start = V2.length + SHA256.length;
  const bytes = topic.slice(0, start).toLowerCase() === V2 + SHA256 ? fromHex(topic.slice(start)) : undefined;
  return bytes?.length === 32 ? bytes : undefined;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** 32 characters of five bits each are 20 bytes. */
function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(20);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (const character of text.toLowerCase()) {
    const digit = BASE32.indexOf(character);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes[at++] = value >> (bits -= 8);
  }
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Percent signs that are no escapes stay; bytes that are no UTF-8 become U+FFFD. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    utf8.decode(fromHex(run.replaceAll('%', '')) ?? new Uint8Array()),
  );
}

/** A lone half of a surrogate pair has no UTF-8. */
const escaped = (text: string) => encodeURIComponent(text.toWellFormed());

function readPeer(text: string): Peer[] {
  const address = parseAddress(text);
  if (address !== undefined) return address.port > 0 ? [{ host: address.ip, port: address.port }] : [];
  const match = /^([a-z\d](?:[a-z\d.-]{0,252}[a-z\d])?):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  // Digits and dots alone are an address that failed to be one.
  return match && /[a-z]/i.test(match[1]!) && port > 0 && port < 65_536
    ? [{ host: match[1]!.toLowerCase(), port }]
    : [];
}

/** Undefined, everything, if the parameter is missing, has characters that it cannot have, or nothing in it is a range. */
function readSelection(values: readonly string[] | undefined, rangesMax: number): readonly Selection[] | undefined {
  const text = values?.map(unescaped).join(',');
  if (text === undefined || !/^[\d,-]+$/.test(text)) return undefined;
  const selections = text.split(',', rangesMax).flatMap((range) => {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    return match && first <= last ? [{ first, last }] : [];
  });
  return selections.length > 0 ? selections : undefined;
}
