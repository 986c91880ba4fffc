/** Small torrents for tests: content from a seed, and the metainfo that describes it. */
import { createHash } from 'node:crypto';
import { encode } from '@ferro/bencode';
import { type Metainfo, parseTorrent } from '@ferro/metainfo';

export interface TestTorrent {
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
  /** Content of each file, by its path joined with slashes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Bytes that look random and are the same for the same seed. */
export function content(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

export function makeTorrent(
  lengths: readonly number[],
  pieceLength: number,
  options: {
    readonly seed?: number;
    readonly announce?: string;
    readonly private?: boolean;
    readonly nodes?: readonly (readonly [string, number])[];
    readonly webSeeds?: readonly string[];
    /** The number of the file that is padding: zeros that are in no file. */
    readonly padding?: number;
  } = {},
): TestTorrent {
  const parts = lengths.map((length, i) =>
    i === options.padding ? new Uint8Array(length) : content(length, (options.seed ?? 1) * 1000 + i + 1),
  );
  const whole = Buffer.concat(parts);
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < whole.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(whole.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const single = lengths.length === 1;
  const info = {
    name: single ? 'file.bin' : 'folder',
    'piece length': pieceLength,
    pieces: Buffer.concat(hashes),
    ...(options.private === true ? { private: 1 } : {}),
    ...(single
      ? { length: lengths[0]! }
      : {
          files: lengths.map((length, i) => ({
            length,
            path: ['sub', `file ${i}.bin`],
            ...(i === options.padding ? { attr: 'p' } : {}),
          })),
        }),
  };
  const bytes = encode({
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    info,
    ...(options.webSeeds === undefined ? {} : { 'url-list': options.webSeeds }),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes.map((node) => [...node]) }),
  });
  const paths = lengths.map((_, i) => (single ? 'file.bin' : `folder/sub/file ${i}.bin`));
  const files = new Map(paths.map((path, i) => [path, parts[i]!]));
  if (options.padding !== undefined) files.delete(paths[options.padding]!);
  return { bytes, metainfo: parseTorrent(bytes), files };
}
