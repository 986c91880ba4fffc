/** What the reference peer reads in a magnet link: BEP 9, magnet URI format; BEP 52, info-hash; BEP 53. */
import { isIP } from 'node:net';
import type { Endpoint } from '../../target/target.ts';
import type { Bug } from './bugs.ts';

type Has = (bug: Bug) => boolean;

export interface MagnetLink {
  /** As handshakes and trackers are told them: the one of version 2 is cut to twenty bytes. None where the link is about nothing. */
  readonly infoHashes: readonly Uint8Array[];
  readonly trackers: readonly string[];
  /** By address or by name. */
  readonly peers: readonly Endpoint[];
  readonly webSeeds: readonly string[];
  /** BEP 53, as it is in the link. */
  readonly selection: string | undefined;
  /** How a bug that would end a program is played. */
  readonly kills: boolean;
}

export function readMagnet(link: string, has: Has): MagnetLink {
  const parameters = link
    .slice(link.indexOf('?') + 1)
    .split('&')
    .map((part) => [part.split('=', 1)[0]!, decodeURIComponent(part.slice(part.indexOf('=') + 1))] as const);
  const all = (wanted: string) => parameters.flatMap(([name, value]) => (name === wanted ? [value] : []));
  const topics = all('xt');
  const infoHashes = topics.flatMap((topic) => hashOf(topic, has) ?? []);
  if (infoHashes.length === 0 && has('announces-without-topic')) infoHashes.push(new Uint8Array(20));
  const kills =
    (topics.length === 0 && has('dies-of-no-topic')) ||
    (parameters.some(([name]) => /^xt\.\d+$/.test(name)) && has('dies-of-numbered-topics')) ||
    (topics.some((topic) => /^urn:btmh:1220/.test(topic) && topic.length !== 77) && has('dies-of-short-multihash'));
  return {
    infoHashes,
    trackers: all('tr'),
    peers: has('ignores-x-pe') ? [] : all('x.pe').flatMap((text) => peerOf(text, has) ?? []),
    webSeeds: all('ws'),
    selection: all('so')[0],
    kills,
  };
}

/** The files that are wanted, by index; undefined for all of them, also where the selection is none. */
export function selectedFiles({ selection }: MagnetLink, count: number, has: Has): ReadonlySet<number> | undefined {
  if (selection === undefined || has('ignores-so')) return undefined;
  const parts = selection.split(',').map((part) => /^(\d+)(?:-(\d+))?$/.exec(part));
  const ranges = parts.map((match) => [Number(match?.[1]), Number(match?.[2] ?? match?.[1])] as const);
  if (!ranges.every(([first, last]) => first <= last)) return has('odd-so-is-nothing') ? new Set() : undefined;
  const wanted = new Set<number>();
  for (const [first, last] of has('first-of-so-only') ? ranges.slice(0, 1) : ranges) {
    const end = has('so-without-last') && first < last ? last - 1 : last;
    for (let index = first; index <= Math.min(end, count - 1); index++) wanted.add(index);
    if (first >= count && has('last-file-is-enough')) wanted.add(count - 1);
  }
  return has('so-counts-from-one') ? new Set([...wanted].map((index) => index - 1)) : wanted;
}

/** Is what follows `so=` no selection at all, or one of files that there are not? */
export function isOddSelection({ selection }: MagnetLink, count: number, has: Has): boolean {
  if (selection === undefined) return false;
  const parts = selection.split(',').map((part) => /^(\d+)(?:-(\d+))?$/.exec(part));
  const isNone = parts.some((match) => match === null || Number(match[2] ?? match[1]) < Number(match[1]));
  const isBeyond = parts.some((match) => Number(match?.[1]) >= count);
  return (isNone && has('dies-of-odd-so')) || (isBeyond && has('dies-of-so-out-of-range'));
}

function hashOf(topic: string, has: Has): Uint8Array | undefined {
  const version1 = /^urn:btih:([0-9a-f]{40})$/.exec(topic)?.[1];
  if (version1 !== undefined) return Buffer.from(version1, 'hex');
  const any = /^urn:btmh:((?:[0-9a-f]{2}){3,})$/.exec(topic)?.[1];
  if (any !== undefined && has('any-multihash')) return padded(Buffer.from(any, 'hex').subarray(2, 22));
  const version2 = /^urn:btmh:1220([0-9a-f]{64})$/.exec(topic)?.[1];
  if (version2 === undefined || has('no-btmh')) return undefined;
  const hash = Buffer.from(version2, 'hex');
  return has('cuts-the-beginning') ? hash.subarray(12) : hash.subarray(0, 20);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(20);
  whole.set(bytes);
  return whole;
}

function peerOf(text: string, has: Has): Endpoint | undefined {
  const colon = has('x-pe-ends-at-first-colon') ? text.indexOf(':') : text.lastIndexOf(':');
  const ip = text.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(colon + 1));
  if (has('x-pe-needs-address') && isIP(ip) === 0) return undefined;
  return port > 0 && port < 65_536 ? { ip, port } : undefined;
}
