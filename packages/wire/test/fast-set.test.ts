import { Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { allowedFastSet } from '../src/index.ts';
import { INFO_HASH } from './pair.ts';

test('BEP 6: the published sets of seven and nine pieces', () => {
  const seven = [1059, 431, 808, 1217, 287, 376, 1188];
  expect(allowedFastSet('80.4.4.200', INFO_HASH, 1313, 7)).toEqual(seven);
  expect(allowedFastSet('80.4.4.200', INFO_HASH, 1313, 9)).toEqual([...seven, 353, 508]);
});

test('BEP 6: all addresses of a network have the same set, other networks and torrents another', () => {
  const set = allowedFastSet('80.4.4.200', INFO_HASH, 1313);
  expect(set).toHaveLength(10);
  expect(allowedFastSet('80.4.4.1', INFO_HASH, 1313)).toEqual(set);
  expect(allowedFastSet('80.4.5.200', INFO_HASH, 1313)).not.toEqual(set);
  expect(allowedFastSet('80.4.4.200', Id20.from('bb'.repeat(20)), 1313)).not.toEqual(set);
});

test('BEP 6: a torrent smaller than the set is allowed whole, and IPv6 has no set', () => {
  expect([...allowedFastSet('80.4.4.200', INFO_HASH, 3)].sort()).toEqual([0, 1, 2]);
  expect(allowedFastSet('80.4.4.200', INFO_HASH, 0)).toEqual([]);
  expect(allowedFastSet('2001:db8::1', INFO_HASH, 1313)).toEqual([]);
  expect(allowedFastSet('::ffff:80.4.4.200', INFO_HASH, 1313)).toEqual(allowedFastSet('80.4.4.200', INFO_HASH, 1313));
});
