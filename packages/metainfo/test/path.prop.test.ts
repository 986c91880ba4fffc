import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits, parseTorrent } from '../src/index.ts';
import { safeName } from '../src/path.ts';
import { multiInfo, torrentOf } from './torrents.ts';

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '/',
      '\\',
      '.',
      ' ',
      ':',
      '\0',
      '\n',
      '\u202e',
      '\ufffd',
      'con',
      'nul',
      'a',
      'A',
      'é',
      'e\u0301',
      '👍',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  maxLength: 300,
});
const names = fc.constantFrom('portable' as const, 'posix' as const);
const safe = (text: string, safety: 'portable' | 'posix') => safeName(text, safety, limits, () => {});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const NEVER = /[/\\\0-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

describe('whatever a name is', () => {
  test('the safe one is a name, short enough, with nothing dangerous in it', () => {
    fc.assert(
      fc.property(nasty, names, (text, safety) => {
        const name = safe(text, safety);
        expect(name).not.toMatch(NEVER);
        expect(name).not.toMatch(/^\.{0,2}$/);
        expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(limits.nameBytes);
        if (safety === 'portable') expect(name).not.toMatch(/[<>:"|?*]|[. ]$|^(con|nul)(\.|$)/i);
      }),
    );
  });

  test('a safe name is left alone', () => {
    fc.assert(
      fc.property(
        nasty,
        names,
        (text, safety) => void expect(safe(safe(text, safety), safety)).toBe(safe(text, safety)),
      ),
    );
  });

  test('a change is told', () => {
    fc.assert(
      fc.property(nasty, names, (text, safety) => {
        const rules: string[] = [];
        const name = safeName(text, safety, limits, (rule) => rules.push(rule));
        expect(rules.length > 0).toBe(name !== text);
      }),
    );
  });
});

describe('whatever the paths are', () => {
  const folded = (path: readonly string[]) => path.join('/').normalize('NFD').toLowerCase();
  const paths = fc.array(fc.array(fc.oneof(nasty, fc.constantFrom('a', 'A', 'b')), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  });

  test('no two files have one path, and none is the folder of another', () => {
    fc.assert(
      fc.property(paths, names, (given, safety) => {
        const files = parseTorrent(torrentOf(multiInfo(given)), { names: safety }).files.map(({ path }) => path);
        const all = new Set(files.map(folded));
        expect(all.size).toBe(files.length);
        for (const path of files) {
          for (let depth = 1; depth < path.length; depth++) expect(all.has(folded(path.slice(0, depth)))).toBe(false);
        }
      }),
    );
  });

  test('the same torrent gives the same paths', () => {
    fc.assert(
      fc.property(paths, (given) => {
        const read = () => parseTorrent(torrentOf(multiInfo(given))).files.map(({ path }) => path);
        expect(read()).toEqual(read());
      }),
      { numRuns: 20 },
    );
  });
});
