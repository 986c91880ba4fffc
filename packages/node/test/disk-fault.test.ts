import { expect, test } from 'vitest';
import { DiskFault, faultOf } from '../src/disk-fault.ts';

const coded = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ['full', ['ENOSPC', 'EDQUOT', 'EFBIG']],
  ['denied', ['EACCES', 'EPERM', 'EROFS', 'ELOOP', 'EISDIR']],
  ['missing', ['ENOENT', 'ENOTDIR']],
  ['io', ['EIO', 'EMFILE', 'something else']],
])('%s is what the system calls %j', (fault, codes) => {
  expect(codes.map((code) => faultOf(coded(code)))).toEqual(codes.map(() => fault));
});

test('our own refusals keep their fault, and what is no error of the system is io', () => {
  expect(faultOf(new DiskFault('short', 'the file ends'))).toBe('short');
  expect(faultOf(new Error('no code'))).toBe('io');
  expect(faultOf('thrown text')).toBe('io');
});
