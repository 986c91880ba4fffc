/**
 * Where a peer is: an IP address as text and a port, their compact forms of 6 bytes (BEP 23) and 18 bytes (BEP 7), and
 * what kind of place an address is, which decides whether a stranger may send us there. IPv6 text is always in the one
 * form of RFC 5952, and an IPv4 address inside an IPv6 one is unwrapped, so that equal places have equal text.
 */
import { readU16, writeU16 } from './bytes.ts';
import { ProtocolError } from './errors.ts';

export interface Address {
  readonly ip: string;
  readonly port: number;
}

export type AddressFamily = 4 | 6;

/** 4 or 16 bytes, or undefined if the text is no IP address. `::ffff:1.2.3.4` gives 4 bytes. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return writeIpv4(text, bytes, 0) ? bytes : undefined;
}

/** Four decimal numbers without leading zeros: no octal, no short forms, which others read differently. */
function writeIpv4(text: string, into: Uint8Array, at: number): boolean {
  let field = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (value < 0 || field > 3) return false;
      into[at + field++] = value;
      value = -1;
    } else {
      if (code < 48 || code > 57 || value === 0) return false;
      value = Math.max(value, 0) * 10 + code - 48;
      if (value > 255) return false;
    }
  }
  return field === 4;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return unmapped(bytes);
}

/** `last`: the part may end in an IPv4 address. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (last && i === groups.length - 1 && group.includes('.')) {
      const v4 = parseIpv4(group);
      if (v4 === undefined) return undefined;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
    if (bytes.length > 16) return undefined;
  }
  return bytes;
}

/** The 4 bytes inside an IPv4-mapped IPv6 address, or the same 16 bytes. */
function unmapped(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return bytes;
  return bytes[10] === 255 && bytes[11] === 255 ? bytes.subarray(12) : bytes;
}

/** The text of 4 or 16 bytes. */
export function formatIp(bytes: Uint8Array): string {
  const raw = bytes.length === 16 ? unmapped(bytes) : bytes;
  if (raw.length === 4) return `${raw[0]}.${raw[1]}.${raw[2]}.${raw[3]}`;
  if (raw.length !== 16) throw new RangeError('an IP address has 4 or 16 bytes');
  const groups = Array.from({ length: 8 }, (_, i) => readU16(raw, 2 * i));
  const gap = longestZeros(groups);
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return gap.length < 2 ? hex(0, 8) : `${hex(0, gap.start)}::${hex(gap.start + gap.length, 8)}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** The same address in its one canonical text, or undefined if it is no IP address. */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes === undefined ? undefined : formatIp(bytes);
}

/** Of a canonical address. */
export function familyOf(ip: string): AddressFamily {
  return ip.includes(':') ? 6 : 4;
}

/** `1.2.3.4:80` or `[2001:db8::1]:80`: also the key of an address in a Map. */
export function formatAddress(address: Address): string {
  return address.ip.includes(':') ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
}

/** The inverse of formatAddress(); undefined for names, missing or impossible ports. */
export function parseAddress(text: string): Address | undefined {
  // Brackets exactly where the address has colons of its own.
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const ip = match === null ? undefined : canonicalIp(match[1] ?? match[2]!);
  const port = Number(match?.[3]);
  return ip === undefined || port > 65535 ? undefined : { ip, port };
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.ip === b.ip;
}

export function compactLength(family: AddressFamily): 6 | 18 {
  return family === 4 ? 6 : 18;
}

/** 6 bytes (BEP 23, tracker response) or 18 bytes (BEP 7). */
export function encodeCompact(address: Address): Uint8Array {
  const ip = parseIp(address.ip);
  if (ip === undefined) throw new RangeError(`${address.ip} is no IP address`);
  const bytes = new Uint8Array(ip.length + 2);
  bytes.set(ip);
  writeU16(bytes, ip.length, address.port);
  return bytes;
}

/** Reads one compact address that starts at `at`; the caller has made sure that it is all there. */
export function decodeCompact(bytes: Uint8Array, at: number, family: AddressFamily): Address {
  const end = at + compactLength(family) - 2;
  return { ip: formatIp(bytes.subarray(at, end)), port: readU16(bytes, end) };
}

/** A string of compact addresses, each after the other. A length that is no multiple is a ProtocolError. */
export function decodeCompactList(bytes: Uint8Array, family: AddressFamily): Address[] {
  const size = compactLength(family);
  if (bytes.length % size !== 0) {
    throw new ProtocolError(
      'core/compact-length',
      family === 4 ? 'BEP 23, compact peers' : 'BEP 7, peers6',
      `${bytes.length} bytes are not a whole number of ${size}-byte addresses`,
    );
  }
  return Array.from({ length: bytes.length / size }, (_, i) => decodeCompact(bytes, i * size, family));
}

/** All addresses of one family, each after the other; those of the other family are left out. */
export function encodeCompactList(addresses: readonly Address[], family: AddressFamily): Uint8Array {
  const chosen = addresses.filter((address) => familyOf(address.ip) === family);
  const size = compactLength(family);
  const bytes = new Uint8Array(chosen.length * size);
  for (const [i, address] of chosen.entries()) bytes.set(encodeCompact(address), i * size);
  return bytes;
}

/** What kind of place an address is. Only `global` ones may be handed to, or taken from, strangers. */
export type AddressScope =
  | 'global'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'unspecified'
  | 'documentation'
  | 'reserved';

const SCOPES: readonly (readonly [prefix: string, bits: number, scope: AddressScope])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['64:ff9b:1::', 48, 'private'],
  ['100::', 64, 'reserved'],
  ['2001:db8::', 32, 'documentation'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];

const SCOPE_PREFIXES = /* @__PURE__ */ SCOPES.map(([prefix, bits, scope]) => ({
  prefix: parseIp(prefix)!,
  bits,
  scope,
}));

/** Text that is no IP address is `reserved`: nothing good is there. */
export function scopeOf(ip: string): AddressScope {
  const bytes = parseIp(ip);
  if (bytes === undefined) return 'reserved';
  for (const { prefix, bits, scope } of SCOPE_PREFIXES) {
    if (prefix.length === bytes.length && sharesPrefix(bytes, prefix, bits)) return scope;
  }
  return 'global';
}

function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0;
}
