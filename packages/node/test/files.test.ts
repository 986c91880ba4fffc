import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listFiles, nodeHost } from '../src/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferro-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, length = 1): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), new Uint8Array(length));
}

test('a folder lists every file once, by the bytes of the names (BEP 52, file tree)', async () => {
  for (const path of ['b', 'B', 'a/z', 'a/é', 'a/z.txt', 'a.txt', 'a/b/c/d', 'Ａ', '😀']) put(path);
  const listed = await listFiles(root);
  expect(listed.map(({ path }) => path.join('/'))).toEqual([
    'B',
    'a/b/c/d',
    'a/z',
    'a/z.txt',
    'a/é',
    'a.txt',
    'b',
    'Ａ',
    '😀',
  ]);
});

test('lengths and executable bits are told (BEP 47, attr)', async () => {
  put('plain', 3);
  put('run', 5);
  chmodSync(join(root, 'run'), 0o755);
  expect(await listFiles(root)).toEqual([
    { path: ['plain'], length: 3, executable: false },
    { path: ['run'], length: 5, executable: true },
  ]);
});

test('links are told and not followed, to files, to folders and in circles (BEP 47, symlink path)', async () => {
  put('sub/file', 9);
  symlinkSync('sub/file', join(root, 'a-link'));
  symlinkSync('..', join(root, 'sub', 'up'));
  symlinkSync('/etc', join(root, 'z-outside'));
  expect(await listFiles(root)).toEqual([
    { path: ['a-link'], length: 0, executable: false, link: ['sub', 'file'] },
    { path: ['sub', 'file'], length: 9, executable: false },
    { path: ['sub', 'up'], length: 0, executable: false, link: ['..'] },
    { path: ['z-outside'], length: 0, executable: false, link: ['', 'etc'] },
  ]);
});

test('one file lists itself, and what is not there is an error', async () => {
  put('single', 4);
  expect(await listFiles(join(root, 'single'))).toEqual([{ path: ['single'], length: 4, executable: false }]);
  await expect(listFiles(join(root, 'nothing'))).rejects.toThrow('ENOENT');
});

test('replacing a file leaves nothing else in its folder, which is made if it is not there', async () => {
  await using host = nodeHost();
  const path = join(root, 'new', 'resume');
  const replace = (bytes: Uint8Array) =>
    new Promise<Error | undefined>((resolve) => host.replaceFile(path, bytes, resolve));
  expect(await replace(Uint8Array.of(1, 2, 3))).toBeUndefined();
  expect(await replace(Uint8Array.of(4))).toBeUndefined();
  expect(readdirSync(join(root, 'new'))).toEqual(['resume']);
  expect([...readFileSync(path)]).toEqual([4]);
});

test('a file that cannot be replaced is an error, and the next one is not held up by it', async () => {
  await using host = nodeHost();
  put('folder/inside');
  const replace = (path: string) =>
    new Promise<Error | undefined>((resolve) => host.replaceFile(join(root, path), new Uint8Array(1), resolve));
  const [first, second] = await Promise.all([replace('folder'), replace('folder')]);
  expect(first).toBeInstanceOf(Error);
  expect(second).toBeInstanceOf(Error);
  expect(readdirSync(root)).toEqual(['folder']);
});

test('a folder cannot be read as a file', async () => {
  await using host = nodeHost();
  const answer = await new Promise((resolve) => host.readFile(root, 100, resolve));
  expect(answer).toBeInstanceOf(Error);
});
