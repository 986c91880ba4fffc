import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeResume, encodeResume, type ResumeData, sameStamp } from '../src/resume.ts';

const data: ResumeData = {
  infoHash: new Uint8Array(20).fill(7),
  pieces: Uint8Array.of(0xff, 0x80),
  files: [{ length: 5, modified: 1000 }, undefined],
  clean: true,
  downloaded: 5,
  uploaded: 6,
};
const expected = { infoHash: data.infoHash, pieceCount: 9, fileCount: 2 };

test('what was written is read', () => {
  expect(decodeResume(encodeResume(data), expected)).toEqual(data);
});

test('data of another torrent, another size or another version is no data', () => {
  const bytes = encodeResume(data);
  expect(decodeResume(bytes, { ...expected, infoHash: new Uint8Array(20) })).toBeUndefined();
  expect(decodeResume(bytes, { ...expected, pieceCount: 17 })).toBeUndefined();
  expect(decodeResume(bytes, { ...expected, fileCount: 3 })).toBeUndefined();
  const other = new TextDecoder('latin1').decode(bytes).replace('7:versioni1e', '7:versioni2e');
  expect(
    decodeResume(
      Uint8Array.from(other, (c) => c.charCodeAt(0)),
      expected,
    ),
  ).toBeUndefined();
});

test('cut or damaged data is no data or data of the right shape, never an exception', () => {
  const bytes = encodeResume(data);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
      const damaged = cut ? bytes.slice(0, at) : bytes.slice();
      if (!cut) damaged[at] = value;
      const read = decodeResume(damaged, expected);
      if (read !== undefined) expect([read.pieces.length, read.files.length]).toEqual([2, 2]);
    }),
  );
});

test('a file is unchanged when size and time are', () => {
  expect(sameStamp({ length: 1, modified: 5.2 }, { length: 1, modified: 5 })).toBe(true);
  expect(sameStamp({ length: 1, modified: 6 }, { length: 1, modified: 5 })).toBe(false);
  expect(sameStamp({ length: 2, modified: 5 }, { length: 1, modified: 5 })).toBe(false);
  expect(sameStamp(undefined, undefined)).toBe(true);
  expect(sameStamp(undefined, { length: 0, modified: 0 })).toBe(false);
});
