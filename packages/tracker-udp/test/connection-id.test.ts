import { expect, test } from 'vitest';
import { ConnectionIds } from '../src/connection-id.ts';
import { limits } from '../src/limits.ts';
import { World } from './world.ts';

function given(ids: ConnectionIds, ip: string): Uint8Array {
  const id = new Uint8Array(8);
  ids.write(ip, id, 0);
  return id;
}

test('BEP 15, spoofing: an id proves the address it was given to, and no other', () => {
  const ids = new ConnectionIds(new World(), limits.secretLifeMs);
  const id = given(ids, '198.51.100.7');
  expect(ids.proves('198.51.100.7', id, 0)).toBe(true);
  expect(ids.proves('198.51.100.8', id, 0)).toBe(false);
  expect(ids.proves('2001:db8::7', id, 0)).toBe(false);
});

test('BEP 15, spoofing: an id is accepted for two minutes at least and four at most, whenever it was given', () => {
  for (const givenAt of [0, 1, 60_000, 119_999, 120_000, 359_999]) {
    const world = new World();
    const ids = new ConnectionIds(world, 120_000);
    world.time = givenAt;
    const id = given(ids, '198.51.100.7');
    world.time = givenAt + 120_000;
    expect(ids.proves('198.51.100.7', id, 0)).toBe(true);
    world.time = givenAt + 240_000;
    expect(ids.proves('198.51.100.7', id, 0)).toBe(false);
  }
});

test('a tracker that was idle for long forgets both secrets', () => {
  const world = new World();
  const ids = new ConnectionIds(world, 120_000);
  const id = given(ids, '198.51.100.7');
  world.time = 10_000_000;
  expect(ids.proves('198.51.100.7', id, 0)).toBe(false);
});

test('two trackers give the same address different ids', () => {
  const one = given(new ConnectionIds(new World(1), 120_000), '198.51.100.7');
  const other = given(new ConnectionIds(new World(2), 120_000), '198.51.100.7');
  expect(one).not.toEqual(other);
});

test('any changed bit makes an id worthless', () => {
  const ids = new ConnectionIds(new World(), 120_000);
  const id = given(ids, '2001:db8::7');
  for (let bit = 0; bit < 64; bit++) {
    const forged = id.slice();
    forged[bit >> 3]! ^= 1 << (bit & 7);
    expect(ids.proves('2001:db8::7', forged, 0)).toBe(false);
  }
});
