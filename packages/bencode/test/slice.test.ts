import { expect, test } from 'vitest';
import { rawSlice } from '../src/index.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const slice = (text: string, path: (string | number)[]) => {
  const found = rawSlice(bytes(text), path);
  return found && String.fromCharCode(...found);
};

test('BEP 3: the bytes of a value behind strings, numbers, lists and dictionaries', () => {
  const text = 'd1:ai-5e1:b5:hello1:cl1:xi1ee1:dd3:keyd0:0:ee1:z2:okee';
  expect(slice(text, ['a'])).toBe('i-5e');
  expect(slice(text, ['b'])).toBe('5:hello');
  expect(slice(text, ['c'])).toBe('l1:xi1ee');
  expect(slice(text, ['c', 1])).toBe('i1e');
  expect(slice(text, ['d'])).toBe('d3:keyd0:0:ee');
  expect(slice(text, ['d', 'key'])).toBe('d0:0:e');
  expect(slice(text, ['z'])).toBe('2:ok');
  expect(slice(text, ['missing'])).toBeUndefined();
});

test('BEP 3: what is not canonical is left as it is', () => {
  expect(slice('d4:infod1:bi05e1:ai1eee', ['info'])).toBe('d1:bi05e1:ai1ee');
});
