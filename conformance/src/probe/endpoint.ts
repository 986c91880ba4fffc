/** Addresses in compact form (BEP 23, BEP 7) and the addresses that this machine speaks from. */
import { isOurs, ourAddress } from '../addresses.ts';
import type { Endpoint } from '../target/target.ts';

/** 6 bytes an entry, or 18 with `stride` 18. Bytes that make no whole entry are left out. */
export function readCompact(bytes: Uint8Array, stride: 6 | 18 = 6): readonly Endpoint[] {
  const entries: Endpoint[] = [];
  for (let at = 0; at + stride <= bytes.length; at += stride) {
    const entry = bytes.subarray(at, at + stride);
    const port = (entry[stride - 2]! << 8) | entry[stride - 1]!;
    entries.push({ ip: stride === 6 ? [...entry.subarray(0, 4)].join('.') : ip6Text(entry.subarray(0, 16)), port });
  }
  return entries;
}

export function writeCompact({ ip, port }: Endpoint): Uint8Array {
  return Uint8Array.of(...ipBytes(ip), port >> 8, port & 0xff);
}

export function ipBytes(ip: string): Uint8Array {
  if (!ip.includes(':')) return Uint8Array.from(ip.split('.').map(Number));
  const [head = '', tail] = ip.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Groups in hex, the longest run of zeros as `::` (RFC 5952). */
function ip6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16));
  const text = groups.join(':');
  const runs = [...text.matchAll(/\b0(:0)+\b/g)].map(([run]) => run).sort((a, b) => b.length - a.length);
  return runs[0] === undefined ? text : text.replace(runs[0], '::').replace(/:{3,}/, '::');
}

export function portsOf(peers: readonly Endpoint[]): readonly number[] {
  return peers.map(({ port }) => port);
}

/** An address of this machine other than the one that packets to `ip` come from. Loopback has many. */
export function secondAddress(ip: string): string | undefined {
  return isOurs(ip) ? ourAddress(2) : undefined;
}
