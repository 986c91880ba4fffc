/** Which items are kept, and over what (BEP 44). */
import { utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { Items, limits, type MutableItem, newKeyPair, sign, targetOf } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const { environment } = new MemoryNetwork(4);
const keys = newKeyPair(environment);
const yes = () => true;

function mutable(seq: bigint, text: string, salt?: Uint8Array): MutableItem {
  const part = { value: utf8(text), seq, salt };
  return { type: 'mutable', ...part, publicKey: keys.publicKey, signature: sign(part, keys.secretKey) };
}

const immutable = (text: string) => ({ type: 'immutable', value: utf8(text) }) as const;
const put = (items: Items, item: MutableItem | ReturnType<typeof immutable>, cas?: bigint) =>
  items.put(item, cas, 0, yes)?.code;

for (const text of ['i5e', '5:hello', 'l1:ae', 'd1:ai1ee', 'le', '0:']) {
  test(`BEP 44: the value ${text} is kept as it is`, () => {
    const items = new Items();
    expect(put(items, immutable(text))).toBeUndefined();
    expect(items.get(targetOf(immutable(text)), 0)?.value).toEqual(utf8(text));
  });
}

for (const text of ['', 'i05e', 'd1:bi1e1:ai2ee', 'd1:ai1e1:ai2ee', '5:hell', '5:hellox', 'x', 'l']) {
  test(`BEP 44: "${text}" is no valid bencoding: 203`, () => {
    expect(put(new Items(), immutable(text))).toBe(203);
  });
}

test('BEP 44: 1,000 bytes are kept, 1,001 are too many: 205', () => {
  expect(put(new Items(), immutable(`996:${'x'.repeat(996)}`))).toBeUndefined();
  expect(put(new Items(), immutable(`997:${'x'.repeat(997)}`))).toBe(205);
});

test('BEP 44: a salt of 64 bytes is kept, one of 65 is too long: 207', () => {
  expect(put(new Items(), mutable(1n, 'i1e', new Uint8Array(64)))).toBeUndefined();
  expect(put(new Items(), mutable(1n, 'i1e', new Uint8Array(65)))).toBe(207);
});

test('BEP 44: a wrong signature is refused: 206', () => {
  const good = mutable(1n, 'i1e');
  const items = new Items();
  for (const bad of [
    { ...good, seq: 2n },
    { ...good, value: utf8('i2e') },
    { ...good, salt: utf8('salt') },
    { ...good, signature: good.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) },
    { ...good, publicKey: newKeyPair(environment).publicKey },
  ]) {
    expect(put(items, bad)).toBe(206);
    expect(items.get(targetOf(bad), 0)).toBeUndefined();
  }
});

test('BEP 44: a newer item replaces, an older one or another of the same number does not: 302', () => {
  const items = new Items();
  const target = targetOf(mutable(1n, 'i1e'));
  expect(put(items, mutable(5n, 'i5e'))).toBeUndefined();
  expect(put(items, mutable(4n, 'i4e'))).toBe(302);
  expect(put(items, mutable(5n, 'i6e'))).toBe(302);
  expect(items.get(target, 0)?.value).toEqual(utf8('i5e'));
  expect(put(items, mutable(6n, 'i6e'))).toBeUndefined();
  expect(items.get(target, 0)?.value).toEqual(utf8('i6e'));
});

test('BEP 44: compare and swap stores only over the number that was expected: 301', () => {
  const items = new Items();
  expect(put(items, mutable(5n, 'i5e'), 99n)).toBeUndefined();
  expect(put(items, mutable(7n, 'i7e'), 4n)).toBe(301);
  expect(put(items, mutable(6n, 'i6e'), 5n)).toBeUndefined();
});

test('BEP 44: the largest number is no rounding error, a negative one is refused', () => {
  const items = new Items();
  expect(put(items, mutable(2n ** 63n - 2n, 'i1e'))).toBeUndefined();
  expect(put(items, mutable(2n ** 63n - 1n, 'i2e'))).toBeUndefined();
  expect(put(items, mutable(-1n, 'i1e'))).toBe(203);
});

test('BEP 44: the same again starts its time anew, without its signature being checked', () => {
  const items = new Items();
  const item = mutable(1n, 'i1e');
  items.put(item, undefined, 0, yes);
  expect(items.put(item, undefined, limits.itemMs - 1, () => false)).toBeUndefined();
  expect(items.get(targetOf(item), limits.itemMs + 1)).toEqual(item);
  expect(items.get(targetOf(item), 2 * limits.itemMs)).toBeUndefined();
});

test('BEP 44, expiration: what nobody puts again is forgotten', () => {
  const items = new Items();
  put(items, immutable('i1e'));
  items.put(immutable('i2e'), undefined, 1_000, yes);
  items.expire(limits.itemMs);
  expect(items.size).toBe(1);
  items.expire(limits.itemMs + 1_000);
  expect(items.size).toBe(0);
});

test('when there is no room the item put longest ago goes', () => {
  const items = new Items(3);
  for (const text of ['i1e', 'i2e', 'i3e', 'i1e', 'i4e']) put(items, immutable(text));
  expect(['i1e', 'i2e', 'i3e', 'i4e'].map((text) => items.get(targetOf(immutable(text)), 0) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test('signatures are not checked without leave, and not for what is refused anyway', () => {
  const items = new Items();
  let asked = 0;
  const count = () => ++asked > 1;
  expect(items.put(mutable(5n, 'i1e'), undefined, 0, count)?.code).toBe(202);
  expect(items.put(mutable(5n, 'i1e'), undefined, 0, count)).toBeUndefined();
  expect(items.put(mutable(3n, 'i1e'), undefined, 0, count)?.code).toBe(302);
  expect(items.put(mutable(9n, 'i1e'), 1n, 0, count)?.code).toBe(301);
  expect(asked).toBe(2);
});
