/**
 * Torrent files of version 1, version 2 and both (BEP 3, BEP 47, BEP 52), written by the harness itself, so that no reader of
 * torrents is tested with what its own writer makes. A torrent with padding has every file begin with a piece.
 */
import { createHash } from 'node:crypto';
import { type Encodable, encode } from './bencode.ts';

export interface Content {
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
}

export interface TorrentPlan {
  readonly name: string;
  readonly files: readonly Content[];
  readonly pieceLength: number;
  readonly version: 'v1' | 'v2' | 'hybrid';
  readonly padded?: boolean;
  readonly private?: boolean;
  readonly tracker?: string | undefined;
  readonly webSeed?: string | undefined;
  /** The address of a peer, for the link. */
  readonly peer?: string | undefined;
}

export interface MadeTorrent {
  readonly bytes: Uint8Array;
  readonly magnet: string;
  /** In hex: of version 1, of version 2, each where the torrent has it. */
  readonly infoHashes: readonly string[];
  /** As handshakes and trackers have them: 20 bytes. */
  readonly wireHashes: readonly string[];
}

export function makeTorrent(plan: TorrentPlan): MadeTorrent {
  const single = plan.files.length === 1 && plan.files[0]!.path.length === 0;
  const files = plan.version === 'v1' ? plan.files : [...plan.files].sort(byPath);
  const padded = plan.padded === true || plan.version === 'hybrid';
  const layers: Record<string, Uint8Array> = {};
  const info: Record<string, Encodable> = {
    name: plan.name,
    'piece length': plan.pieceLength,
    ...(plan.private === true && { private: 1 }),
    ...(plan.version !== 'v2' && firstVersion(files, plan.pieceLength, single, padded)),
    ...(plan.version !== 'v1' && {
      'meta version': 2,
      'file tree': fileTree(single ? [{ path: [plan.name], bytes: files[0]!.bytes }] : files, plan.pieceLength, layers),
    }),
  };
  const encoded = encode(info);
  const hashes = {
    v1: plan.version === 'v2' ? [] : [hash('sha1', encoded).toString('hex')],
    v2: plan.version === 'v1' ? [] : [hash('sha256', encoded).toString('hex')],
  };
  const topics = [...hashes.v1.map((hex) => `urn:btih:${hex}`), ...hashes.v2.map((hex) => `urn:btmh:1220${hex}`)];
  const tracker = plan.tracker === undefined ? '' : `&tr=${encodeURIComponent(plan.tracker)}`;
  const peer = plan.peer === undefined ? '' : `&x.pe=${plan.peer}`;
  return {
    // Keys of piece layers are raw bytes, so the outermost dictionary is put together here.
    bytes: dictionary([
      ...(plan.tracker === undefined ? [] : [['announce', encode(plan.tracker)] as const]),
      ['info', encoded],
      ...(plan.version === 'v1' ? [] : [['piece layers', layersOf(layers)] as const]),
      ...(plan.webSeed === undefined ? [] : [['url-list', encode([plan.webSeed])] as const]),
    ]),
    magnet: `magnet:?${topics.map((topic) => `xt=${topic}`).join('&')}&dn=${encodeURIComponent(plan.name)}${tracker}${peer}`,
    infoHashes: [...hashes.v1, ...hashes.v2],
    wireHashes: [...hashes.v1, ...hashes.v2.map((hex) => hex.slice(0, 40))],
  };
}

function dictionary(entries: readonly (readonly [string, Uint8Array])[]): Buffer {
  return Buffer.concat([
    Buffer.from('d'),
    ...entries.flatMap(([key, value]) => [encode(key), value]),
    Buffer.from('e'),
  ]);
}

function layersOf(layers: Readonly<Record<string, Uint8Array>>): Buffer {
  const roots = Object.keys(layers).sort();
  const entries = roots.flatMap((root) => [encode(Buffer.from(root, 'hex')), encode(layers[root]!)]);
  return Buffer.concat([Buffer.from('d'), ...entries, Buffer.from('e')]);
}

function firstVersion(files: readonly Content[], pieceLength: number, single: boolean, padded: boolean) {
  const parts: Uint8Array[] = [];
  const list: Encodable[] = [];
  files.forEach(({ path, bytes }, index) => {
    list.push({ length: bytes.length, path });
    parts.push(bytes);
    const gap = (pieceLength - (bytes.length % pieceLength)) % pieceLength;
    if (!padded || gap === 0 || index === files.length - 1) return;
    list.push({ attr: 'p', length: gap, path: ['.pad', String(gap)] });
    parts.push(new Uint8Array(gap));
  });
  const whole = Buffer.concat(parts);
  const pieces = chunks(whole, pieceLength).map((piece) => hash('sha1', piece));
  return { pieces: Buffer.concat(pieces), ...(single ? { length: whole.length } : { files: list }) };
}

const BLOCK = 16_384;

function fileTree(files: readonly Content[], pieceLength: number, layers: Record<string, Uint8Array>): Encodable {
  const root: Record<string, Encodable> = {};
  for (const { path, bytes } of files) {
    let folder = root;
    for (const name of path.slice(0, -1)) folder = (folder[name] ??= {}) as Record<string, Encodable>;
    folder[path.at(-1)!] = { '': leaf(bytes, pieceLength, layers) };
  }
  return root;
}

function leaf(bytes: Uint8Array, pieceLength: number, layers: Record<string, Uint8Array>): Encodable {
  if (bytes.length === 0) return { length: 0 };
  const blocks = chunks(bytes, BLOCK).map((block) => hash('sha256', block));
  const root = merkle(blocks, powerOfTwo(blocks.length));
  if (bytes.length > pieceLength) {
    const each = pieceLength / BLOCK;
    const pieces = chunkList(blocks, each).map((part) => merkle(part, each));
    layers[root.toString('hex')] = Buffer.concat(pieces);
  }
  return { length: bytes.length, 'pieces root': root };
}

/** The root over so many leaves, the missing ones zero. */
function merkle(leaves: readonly Buffer[], width: number): Buffer {
  let level = [...leaves, ...Array.from({ length: width - leaves.length }, () => Buffer.alloc(32))];
  while (level.length > 1) level = chunkList(level, 2).map((pair) => hash('sha256', Buffer.concat(pair)));
  return level[0]!;
}

const hash = (algorithm: string, bytes: Uint8Array): Buffer => createHash(algorithm).update(bytes).digest();
const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(count));

function chunks(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}

function chunkList<Item>(items: readonly Item[], length: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}

/** The order of a file tree: by the bytes of each name in turn. */
function byPath(one: Content, other: Content): number {
  for (let i = 0; i < Math.min(one.path.length, other.path.length); i++) {
    const order = Buffer.compare(Buffer.from(one.path[i]!), Buffer.from(other.path[i]!));
    if (order !== 0) return order;
  }
  return one.path.length - other.path.length;
}
