/** Names of every kind that has hurt somebody, and what becomes of them on each kind of file system. */
import { posix, win32 } from 'node:path';
import { describe, expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import { fittingPath, PathSet, safeName } from '../src/path.ts';

const safe = (text: string, safety: 'portable' | 'posix' = 'portable') => safeName(text, safety, limits, () => {});

const table: readonly (readonly [name: string, portable: string, posix?: string])[] = [
  ['plain.txt', 'plain.txt'],
  ['two words (2024) [x264].mkv', 'two words (2024) [x264].mkv'],
  ['日本語.txt', '日本語.txt'],
  ['naïve – «café».txt', 'naïve – «café».txt'],
  ['👩‍👩‍👧.png', '👩‍👩‍👧.png'],
  ['.hidden', '.hidden'],
  ['-rf', '-rf'],
  ['', '_'],
  ['.', '_'],
  ['..', '_'],
  ['...', '_', '...'],
  [' ', '_', ' '],
  ['/', '_'],
  ['\\', '_'],
  ['/etc/passwd', '_etc_passwd'],
  ['..\\..\\boot.ini', '.._.._boot.ini'],
  ['C:', 'C_', 'C:'],
  ['C:\\x', 'C__x', 'C:_x'],
  ['file.txt:stream', 'file.txt_stream', 'file.txt:stream'],
  ['a\0b', 'a_b'],
  ['a\tb\r\nc', 'a_b__c'],
  ['bell\u0007', 'bell_'],
  ['\u007fdel', '_del'],
  ['c1\u0085x', 'c1_x'],
  ['line\u2028sep', 'line_sep'],
  ['photo\u202egpj.exe', 'photo_gpj.exe'],
  ['\u2066isolate\u2069', '_isolate_'],
  ['\u200frtl', '_rtl'],
  ['\u061carabic', '_arabic'],
  ['what?.txt', 'what_.txt', 'what?.txt'],
  ['<a>|"b"*', '_a___b__', '<a>|"b"*'],
  ['trailing.', 'trailing', 'trailing.'],
  ['trailing. . ', 'trailing', 'trailing. . '],
  ['con', 'con_', 'con'],
  ['CON', 'CON_', 'CON'],
  ['Con.txt', 'Con_.txt', 'Con.txt'],
  ['aux.c', 'aux_.c', 'aux.c'],
  ['nul.tar.gz', 'nul_.tar.gz', 'nul.tar.gz'],
  ['prn .txt', 'prn_ .txt', 'prn .txt'],
  ['COM1', 'COM1_', 'COM1'],
  ['com0.x', 'com0_.x', 'com0.x'],
  ['LPT¹', 'LPT¹_', 'LPT¹'],
  ['CONOUT$', 'CONOUT$_', 'CONOUT$'],
  ['con.', 'con_', 'con.'],
  ['console', 'console'],
  ['com10', 'com10'],
  ['bad \ufffd bytes', 'bad _ bytes'],
  [`${'x'.repeat(255)}`, 'x'.repeat(255)],
  [`${'x'.repeat(256)}`, 'x'.repeat(255)],
  [`${'x'.repeat(300)}.mkv`, `${'x'.repeat(251)}.mkv`],
  [`${'é'.repeat(200)}.mkv`, `${'é'.repeat(125)}.mkv`],
  [`${'👍'.repeat(100)}`, '👍'.repeat(63)],
  [`${'.'.repeat(1_000_000)}x`, `${'.'.repeat(253)}.x`],
];
const corpus = table.map(([name, portable, onPosix = portable]) => ({ name, portable, onPosix }));

describe('one name becomes one safe name', () => {
  test.each(corpus)('$name', ({ name, portable, onPosix }) => {
    expect(safe(name)).toBe(portable);
    expect(safe(name, 'posix')).toBe(onPosix);
  });

  test.each(corpus)('$name stays in its folder, on every flavour of path', ({ name }) => {
    for (const flavour of [posix, win32]) {
      const joined = flavour.join(flavour.sep, 'root', safe(name));
      expect(flavour.relative(flavour.join(flavour.sep, 'root'), joined)).toBe(safe(name));
    }
    expect(posix.basename(posix.join('/root', safe(name, 'posix')))).toBe(safe(name, 'posix'));
  });
});

describe('paths of one torrent', () => {
  function placed(...paths: string[]): string[] {
    const set = new PathSet(limits);
    const split = paths.map((path) => path.split('/'));
    for (const path of split) set.addFoldersOf(path);
    return split.map((path) => set.addFile(path, () => {}).join('/'));
  }

  test.each([
    ['the same path twice', ['a', 'a', 'a'], ['a', 'a.1', 'a.2']],
    ['the extension stays', ['f/a.txt', 'f/a.txt'], ['f/a.txt', 'f/a.1.txt']],
    ['the number is free', ['a', 'a.1', 'a'], ['a', 'a.1', 'a.2']],
    ['upper and lower case', ['Readme', 'README', 'readMe'], ['Readme', 'README.1', 'readMe.2']],
    ['composed and decomposed accents', ['caf\u00e9', 'cafe\u0301'], ['caf\u00e9', 'cafe\u0301.1']],
    ['sharp s', ['straße', 'STRASSE'], ['straße', 'STRASSE.1']],
    ['the Kelvin sign', ['k', '\u212a'], ['k', '\u212a.1']],
    ['an invisible character', ['a\u200db', 'ab'], ['a\u200db', 'ab.1']],
    ['final and other sigma', ['ας', 'ασ'], ['ας', 'ασ.1']],
    ['a file that is a folder later', ['a', 'a/b'], ['a.1', 'a/b']],
    ['a file that is a folder of other case', ['x/A', 'x/a/b'], ['x/A.1', 'x/a/b']],
    ['folders of different case are one folder', ['D/a', 'd/a'], ['D/a', 'd/a.1']],
    ['different folders are different', ['x/a', 'y/a', 'a'], ['x/a', 'y/a', 'a']],
    ['a dotted file', ['.a', '.a'], ['.a', '.a.1']],
  ])('%s', (_, paths, expected) => {
    expect(placed(...paths)).toEqual(expected);
  });

  test('a full-length name still gets its number', () => {
    const long = `${'x'.repeat(251)}.mkv`;
    expect(placed(long, long)[1]).toBe(`${'x'.repeat(223)}.1.mkv`);
  });

  test('a path that is too long loses folders, not its file', () => {
    const path = [...Array(20).fill('d'.repeat(100)), 'file.txt'];
    const fitting = fittingPath(path, limits, () => {});
    expect(fitting.at(-1)).toBe('file.txt');
    expect(fitting.join('/').length).toBeLessThanOrEqual(limits.pathBytes);
    expect(fitting.length).toBe(10);
  });
});
