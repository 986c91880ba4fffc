import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MemoryBudget,
  Slots,
  type Storage,
  type StorageFile,
  type StorageLayout,
  type StorageOutcome,
  sha1,
} from '@ferro/core';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type NodeHost, nodeHost } from '../src/index.ts';

const PIECE = 1024;
const host = nodeHost({ workers: 1, openFiles: 4 });
const preallocating = nodeHost({ workers: 1, preallocate: true });
afterAll(async () => {
  await host.close();
  await preallocating.close();
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferro-disk-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** All pieces have the same bytes, so that one slot serves all. */
function open(files: readonly StorageFile[], on: NodeHost = host) {
  const length = files.reduce((sum, file) => sum + file.length, 0);
  const pieces = Math.ceil(length / PIECE);
  const last = length - (pieces - 1) * PIECE;
  const hashes = Array.from({ length: pieces }, (_, i) =>
    sha1(new Uint8Array(i === pieces - 1 ? last : PIECE).fill(5)),
  );
  const layout: StorageLayout = {
    root,
    pieceLength: PIECE,
    files,
    sha1: new Uint8Array(hashes.flatMap((h) => [...h])),
  };
  const slots = new Slots(PIECE, new MemoryBudget(PIECE));
  const slot = slots.take()!;
  slots.bytes(slot).fill(5);
  const storage: Storage = on.storage(layout, slots);
  const ask = (question: (done: (outcome: StorageOutcome) => void) => void) =>
    new Promise<string>((resolve) => {
      question((outcome) => resolve(outcome.type === 'failed' ? outcome.fault : outcome.type));
    });
  return {
    storage,
    pieces,
    store: (piece: number) => ask((done) => storage.store(piece, slot, done)),
    check: (piece: number) => ask((done) => storage.check(piece, done)),
    sync: () => ask((done) => storage.sync(done)),
    remove: () => ask((done) => storage.remove(done)),
  };
}

const file = (path: string, length = PIECE): StorageFile => ({ path: path.split('/'), length });

test.each([['..'], ['.'], [''], ['a/../b'], ['a\\b'], ['nul\0']])('a path with %j in it is refused', (name) => {
  expect(() => open([{ path: [name, 'file'], length: PIECE }])).toThrow(RangeError);
  expect(() => open([{ path: [], length: PIECE }])).toThrow(RangeError);
});

test('a linked folder is not gone through, wherever it leads', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'ferro-outside-'));
  symlinkSync(outside, join(root, 'away'));
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'inside'));
  const subject = open([file('away/file'), file('inside/file')]);
  expect(await subject.store(0)).toBe('denied');
  expect(await subject.store(1)).toBe('denied');
  writeFileSync(join(outside, 'file'), new Uint8Array(PIECE).fill(5));
  expect(await subject.check(0)).toBe('denied');
  expect(await subject.remove()).toBe('ok');
  expect(existsSync(join(outside, 'file'))).toBe(true);
  rmSync(outside, { recursive: true });
});

test('a link, a folder or a pipe in the place of a file is refused, and the worker does not hang', async () => {
  writeFileSync(join(root, 'target'), new Uint8Array(PIECE).fill(5));
  symlinkSync('target', join(root, 'link'));
  mkdirSync(join(root, 'folder'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const subject = open([file('link'), file('folder'), file('pipe')]);
  for (let piece = 0; piece < 3; piece++) {
    expect(await subject.check(piece)).toBe('denied');
    expect(await subject.store(piece)).toBe('denied');
  }
});

test('a file in the place of a folder is refused', async () => {
  writeFileSync(join(root, 'name'), 'mine');
  const subject = open([file('name/file')]);
  expect(await subject.store(0)).toBe('denied');
  expect(await subject.remove()).toBe('ok');
  expect(existsSync(join(root, 'name'))).toBe(true);
});

test('a store to a file that vanished fails once, and the next one makes the file anew', async () => {
  const subject = open([file('a/one', 3 * PIECE)]);
  expect(await subject.store(0)).toBe('ok');
  rmSync(join(root, 'a'), { recursive: true });
  expect(await subject.store(1)).toBe('missing');
  expect(await subject.store(1)).toBe('ok');
  expect(await subject.check(1)).toBe('ok');
  expect(await subject.check(0)).toBe('corrupt');
});

test('a file that was replaced is looked at anew, though the old one is open', async () => {
  const subject = open([file('one', 2 * PIECE)]);
  await subject.store(0);
  rmSync(join(root, 'one'));
  writeFileSync(join(root, 'one'), new Uint8Array(2 * PIECE).fill(6));
  expect(await subject.check(0)).toBe('corrupt');
  expect(await subject.store(0)).toBe('ok');
  expect(await subject.check(0)).toBe('ok');
});

test('the executable bit is set when a file is made (BEP 47, attr)', async () => {
  const subject = open([{ ...file('run'), executable: true }, file('read')]);
  await subject.store(0);
  await subject.store(1);
  expect(statSync(join(root, 'run')).mode & 0o100).toBe(0o100);
  expect(statSync(join(root, 'read')).mode & 0o100).toBe(0);
});

test('a file that is longer than it should be is cut when it is first written', async () => {
  writeFileSync(join(root, 'one'), new Uint8Array(5 * PIECE).fill(5));
  const subject = open([file('one', 2 * PIECE)]);
  expect(await subject.check(0)).toBe('ok');
  expect(statSync(join(root, 'one')).size).toBe(5 * PIECE);
  expect(await subject.store(1)).toBe('ok');
  expect(statSync(join(root, 'one')).size).toBe(2 * PIECE);
});

test('the side file is hidden, and gone when nothing is unwanted any more', async () => {
  const subject = open([file('one', PIECE / 2), file('two', PIECE / 2)]);
  subject.storage.select([false, true]);
  expect(await subject.store(0)).toBe('ok');
  expect(readdirSync(root).filter((name) => /^\.[0-9a-f]{16}\.parts$/.test(name))).toHaveLength(1);
  subject.storage.select([true, true]);
  expect(await subject.check(0)).toBe('ok');
  expect(readdirSync(root).sort()).toEqual(['one', 'two']);
});

test('no more files are open than the limit', async () => {
  const subject = open(Array.from({ length: 30 }, (_, i) => file(`f${i}`)));
  for (let piece = 0; piece < subject.pieces; piece++) expect(await subject.store(piece)).toBe('ok');
  const opened = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(root));
  expect(opened.length).toBe(4);
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

test('what files look like is the same before and after the first worker has started', async () => {
  const own = nodeHost();
  mkdirSync(join(root, 'there'));
  writeFileSync(join(root, 'there', 'one'), 'x');
  symlinkSync(join(root, 'there'), join(root, 'link'));
  symlinkSync(join(root, 'there', 'one'), join(root, 'two'));
  mkdirSync(join(root, 'three'));
  const padding: StorageFile = { ...file('there/one', 1), padding: true };
  const paths = ['there/one', 'link/one', 'two', 'three', 'there/one/four', 'nowhere/five', 'nowhere/six'];
  const { storage } = open([...paths.map((path) => file(path, 1)), padding], own);
  const stat = () => new Promise<unknown[]>((resolve) => storage.stat((stamps) => resolve([...stamps])));
  const early = await stat();
  expect(early).toEqual([{ length: 1, modified: expect.any(Number) }, ...new Array(7)]);
  expect(await stat()).toEqual(early);
  mkdirSync(join(root, 'nowhere'));
  writeFileSync(join(root, 'nowhere', 'six'), 'xy');
  expect((await stat())[6]).toEqual({ length: 2, modified: expect.any(Number) });
  await own.close();
});

test('sync waits for what was stored before it, and tells once that a file has gone', async () => {
  const subject = open([file('one', 2 * PIECE), file('empty', 0)]);
  const stored = Promise.all([subject.store(0), subject.store(1)]);
  expect(await subject.sync()).toBe('ok');
  expect(readdirSync(root).sort()).toEqual(['empty', 'one']);
  expect(await stored).toEqual(['ok', 'ok']);
  await subject.store(0);
  rmSync(join(root, 'one'));
  expect(await subject.sync()).toBe('missing');
  expect(await subject.sync()).toBe('ok');
});

test('sync of many files tells of one that has gone, too, and goes on while the host closes', async () => {
  const files = Array.from({ length: PIECE }, (_, i) => file(`d/${i}`, 1));
  const own = nodeHost();
  const subject = open(files, own);
  expect(await subject.store(0)).toBe('ok');
  expect(await subject.sync()).toBe('ok');
  await subject.store(0);
  rmSync(join(root, 'd', '7'));
  expect(await subject.sync()).toBe('missing');
  expect(await subject.sync()).toBe('ok');
  expect(await subject.store(0)).toBe('missing');
  expect(await subject.store(0)).toBe('ok');
  const last = subject.sync();
  await own.close();
  expect(await last).toBe('ok');
});

test('preallocated files have their length before the second piece, unwanted ones do not exist', async () => {
  const subject = open([file('one', 3 * PIECE), file('two', 2 * PIECE), file('three')], preallocating);
  subject.storage.select([true, false, true]);
  expect(await subject.store(0)).toBe('ok');
  expect(readdirSync(root).sort()).toEqual(['one', 'three']);
  expect(statSync(join(root, 'one')).size).toBe(3 * PIECE);
  expect(statSync(join(root, 'one')).blocks * 512).toBeGreaterThanOrEqual(3 * PIECE);
});

test('a thousand torrents of one piece are checked with a few messages', async () => {
  writeFileSync(join(root, 'one'), new Uint8Array(PIECE).fill(5));
  const subjects = Array.from({ length: 1000 }, (_, i) => open([file(i % 2 === 0 ? 'one' : `none-${i}`)]));
  const found = await Promise.all(subjects.map((subject) => subject.check(0)));
  expect(found).toEqual(subjects.map((_, i) => (i % 2 === 0 ? 'ok' : 'missing')));
  await Promise.all(subjects.map((subject) => new Promise<void>((resolve) => subject.storage.close(resolve))));
});
