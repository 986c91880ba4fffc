/** What is transferred: files with contents that are the same in every run, written where a seeder looks for them, and read back. */
import { createCipheriv, createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Content, TorrentPlan } from './torrent.ts';

export type PayloadName = 'file' | 'tree' | 'v2' | 'hybrid' | 'private';
export type Payload = Pick<TorrentPlan, 'name' | 'files' | 'pieceLength' | 'version' | 'padded' | 'private'>;

/** Nothing that a file system forbids or a client rightly changes; everything else that is awkward. */
const ODD_NAMES: readonly (readonly [path: string, length: number])[] = [
  ['-leading dash.bin', 70_001],
  ['no extension', 1],
  ['empty', 0],
  ['a space, a comma & an ampersand.txt', 16_384],
  ['percent %41 plus + hash # question.txt', 40_000],
  ["quotes ' and (brackets) [too].txt", 65_536],
  ['naïve café.txt', 16_383],
  ['日本語/ファイル.bin', 130_003],
  ['emoji 🌍.bin', 16_385],
  ['deep/er/and/deep/er/still.bin', 32_768],
  [`long ${'x'.repeat(180)}.bin`, 90_000],
  ...Array.from({ length: 40 }, (_, i) => [`many/${String(i).padStart(3, '0')}.bin`, 3 + 977 * i] as const),
];

const WHOLE = 4_000_001;
const PIECE = 65_536;
const one = (): Content[] => [{ path: [], bytes: contentOf(WHOLE, 'file.bin') }];
const several = (): Content[] =>
  [
    ['a little.bin', 1],
    ['b large.bin', 2_500_003],
    ['sub/c.bin', 65_536],
    ['sub/d.bin', 1_200_000],
  ].map(([path, length]) => ({ path: String(path).split('/'), bytes: contentOf(Number(length), String(path)) }));

export function payloadOf(name: PayloadName): Payload {
  switch (name) {
    case 'file':
      return { name: 'file.bin', files: one(), pieceLength: PIECE, version: 'v1' };
    case 'private':
      return { name: 'private.bin', files: one(), pieceLength: PIECE, version: 'v1', private: true };
    case 'tree': {
      const files = ODD_NAMES.map(([path, length]) => ({ path: path.split('/'), bytes: contentOf(length, path) }));
      return { name: 'odd files', files, pieceLength: 32_768, version: 'v1', padded: true };
    }
    case 'v2':
      return { name: 'second version', files: several(), pieceLength: PIECE, version: 'v2' };
    case 'hybrid':
      return { name: 'both versions', files: several(), pieceLength: PIECE, version: 'hybrid' };
  }
}

export function payloadLength(payload: Payload): number {
  return payload.files.reduce((sum, file) => sum + file.bytes.length, 0);
}

/** With padding as files, for programs that know nothing of padding (BEP 47) and have it on the disk like anything else. */
export function writePayload(payload: Payload, folder: string, withPadding = false): void {
  const padding = withPadding && isPadded(payload) ? paddingOf(payload) : [];
  for (const { path, bytes } of [...payload.files, ...padding]) {
    const target = join(folder, payload.name, ...path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
}

const isPadded = ({ version, padded }: Payload): boolean => padded === true || version === 'hybrid';

/** After each file but the last, up to the end of its last piece. */
export function paddingOf({ files, pieceLength }: Payload): Content[] {
  const gaps = files.slice(0, -1).map(({ bytes }) => (pieceLength - (bytes.length % pieceLength)) % pieceLength);
  return gaps.filter((gap) => gap > 0).map((gap) => ({ path: ['.pad', String(gap)], bytes: new Uint8Array(gap) }));
}

/** What a program transfers that takes padding for data, or pads on its own (BEP 52). */
export function paddedLength(payload: Payload): number {
  if (!isPadded(payload) && payload.version !== 'v2') return payloadLength(payload);
  return (
    payload.files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / payload.pieceLength), 0) *
    payload.pieceLength
  );
}

/** One line for each file that is not there as it should be. */
export function wrongFiles(payload: Payload, folder: string): string[] {
  return payload.files.flatMap(({ path, bytes }) => {
    const target = join(folder, payload.name, ...path);
    if (!existsSync(target)) return [`${join(payload.name, ...path)} is missing`];
    const found = readFileSync(target);
    if (sha256(found) === sha256(bytes)) return [];
    return [`${join(payload.name, ...path)} has ${found.length} bytes of another content`];
  });
}

/** One number for all files together, to be compared by eye. */
export function fingerprint(payload: Payload): string {
  return sha256(Buffer.concat(payload.files.map(({ bytes }) => Buffer.from(sha256(bytes), 'hex'))));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function contentOf(length: number, seed: string): Uint8Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(new Uint8Array(length));
}
