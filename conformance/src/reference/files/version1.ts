/** What the reference reader wants of a torrent of version 1 (BEP 3, metainfo files; BEP 47). */
import type { Bencoded, BencodedMap } from '../../probe/bencode.ts';
import { Broken, type Has, isMap, Refused } from './verdict.ts';

const knownAttributes = /^[xhlp]*$/;

/** Gives the milliseconds that a bug would take. */
export function checkVersion1(info: BencodedMap, has: Has): number {
  if (!(info.get('name') instanceof Uint8Array) && !has('name-may-be-missing')) throw new Refused('no name');
  const pieceLength = info.get('piece length');
  if (!isPositive(pieceLength)) {
    if (has('divides-by-any-length')) throw new Broken('SIGFPE');
    throw new Refused('no piece length');
  }
  const files = info.get('files');
  const length = info.get('length');
  const paths = Array.isArray(files) ? (files as readonly Bencoded[]) : undefined;
  if (paths !== undefined && length !== undefined && !has('takes-length-and-files')) throw new Refused('both');
  if (paths === undefined && length === undefined) {
    if (has('dies-of-nothing')) throw new Broken('SIGSEGV');
    throw new Refused('neither length nor files');
  }
  const total = paths === undefined ? lengthOf(length, has) : totalOf(paths, has);
  checkPieces(info.get('pieces'), total, BigInt(pieceLength as number | bigint), has);
  return has('compares-all-paths') ? (paths?.length ?? 0) ** 2 / 1_000 : 0;
}

function checkPieces(pieces: Bencoded | undefined, total: bigint, pieceLength: bigint, has: Has): void {
  if (!(pieces instanceof Uint8Array)) throw new Refused('no pieces');
  if (pieces.length % 20 !== 0 && !has('ignores-the-tail-of-pieces')) throw new Refused('part of a hash');
  const count = BigInt(Math.floor(pieces.length / 20));
  const right = (total + pieceLength - 1n) / pieceLength;
  if (count !== right && !has('any-number-of-pieces') && total >= 0n)
    throw new Refused(`${right} pieces, ${count} hashes`);
}

function totalOf(files: readonly Bencoded[], has: Has): bigint {
  let total = 0n;
  const paths = new Set<string>();
  files.forEach((file, at) => {
    if (!isMap(file)) throw new Refused('a file is no dictionary');
    const attributes = Buffer.from((file.get('attr') ?? new Uint8Array()) as Uint8Array).toString('latin1');
    if (has('known-attributes-only') && !knownAttributes.test(attributes)) throw new Refused('an unknown attribute');
    const padding = attributes.includes('p');
    const path = file.get('path');
    checkPath(path, padding, has);
    const name = JSON.stringify(path);
    if (paths.has(name) && (!padding || has('padding-collides'))) throw new Refused('a path twice');
    if (path !== undefined) paths.add(name);
    if (has('no-padding-at-the-end') && padding && at === files.length - 1) throw new Refused('padding at the end');
    const link = attributes.includes('l') && !has('links-have-a-length');
    total += link && !file.has('length') ? 0n : lengthOf(file.get('length'), has);
  });
  return total;
}

function checkPath(path: Bencoded | undefined, padding: boolean, has: Has): void {
  if (path === undefined && padding && !has('padding-has-a-path')) return;
  if (!Array.isArray(path)) throw new Refused('no path');
  if (path.length === 0 && !has('empty-path-is-the-root')) throw new Refused('an empty path');
}

function lengthOf(length: Bencoded | undefined, has: Has): bigint {
  if (typeof length !== 'number' && typeof length !== 'bigint') throw new Refused('no length');
  if (length < 0 && !has('lengths-are-unsigned')) throw new Refused('a negative length');
  return BigInt(length);
}

function isPositive(value: Bencoded | undefined): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0;
}
