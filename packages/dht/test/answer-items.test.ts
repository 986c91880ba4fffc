/** Items of others over the wire (BEP 44). */
import { equalBytes, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { type BodyFields, immutableTarget, limits, mutableTarget, newKeyPair, sign } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';
import { local, Talk } from './talk.ts';

const keys = newKeyPair(new MemoryNetwork(11).environment);
const value = utf8('12:Hello World!');
const target = mutableTarget(keys.publicKey);

function mutable(seq: bigint, v = value, salt?: Uint8Array): BodyFields {
  return { v, seq, salt, k: keys.publicKey, sig: sign({ value: v, seq, salt }, keys.secretKey) };
}

function put(talk: Talk, body: BodyFields, from = local(1)): number | undefined {
  const { token } = talk.body('get', { target }, from);
  return talk.error('put', { token, ...body }, from);
}

test('BEP 44: an immutable item is found under its hash, byte for byte', () => {
  const talk = new Talk();
  for (const text of ['12:Hello World!', 'i-7e', 'li1ei2ee', 'd1:ad1:bi1eee']) {
    expect(put(talk, { v: utf8(text) })).toBeUndefined();
    const body = talk.body('get', { target: immutableTarget(utf8(text)) }, local(2));
    expect(body).toMatchObject({ v: utf8(text), k: undefined, seq: undefined });
    expect([body.token?.length, body.nodes]).toEqual([8, new Uint8Array(0)]);
  }
});

test('BEP 44: a mutable item is found under its key, with number and signature', () => {
  const talk = new Talk();
  expect(put(talk, mutable(4n))).toBeUndefined();
  expect(talk.body('get', { target }, local(2))).toMatchObject(mutable(4n));
});

test('BEP 44: a salt makes another place of the key, and is not told', () => {
  const talk = new Talk();
  const salt = utf8('foobar');
  put(talk, mutable(4n, value, salt));
  expect(talk.body('get', { target }).v).toBeUndefined();
  expect(talk.body('get', { target: mutableTarget(keys.publicKey, salt) })).toMatchObject({
    v: value,
    salt: undefined,
  });
  put(talk, { ...mutable(5n), salt: new Uint8Array(0) });
  expect(talk.body('get', { target }).seq).toBe(5n);
});

test('BEP 44: whoever has the item already gets its number only', () => {
  const talk = new Talk();
  put(talk, mutable(4n));
  expect(talk.body('get', { target, seq: 3n })).toMatchObject({ seq: 4n, v: value });
  for (const seq of [4n, 5n]) {
    expect(talk.body('get', { target, seq })).toMatchObject({ seq: 4n, v: undefined, k: undefined, sig: undefined });
  }
});

const refusals: readonly (readonly [why: string, code: number, body: BodyFields])[] = [
  ['a token that we did not give', 203, { ...mutable(9n), token: utf8('12345678') }],
  ['no token', 203, { ...mutable(9n), token: undefined }],
  ['no value', 203, { ...mutable(9n), v: undefined }],
  ['unsorted keys in the value', 203, { v: utf8('d1:bi1e1:ai2ee') }],
  ['a value of 1,001 bytes', 205, { v: utf8(`997:${'x'.repeat(997)}`) }],
  ['a wrong signature', 206, { ...mutable(9n), seq: 10n }],
  ['a signature of 63 bytes', 203, { ...mutable(9n), sig: new Uint8Array(63) }],
  ['a key of 31 bytes', 203, { ...mutable(9n), k: new Uint8Array(31) }],
  ['a salt of 65 bytes', 207, mutable(9n, value, new Uint8Array(65))],
  ['an older number', 302, mutable(4n)],
  ['the same number with another value', 302, mutable(5n, utf8('i1e'))],
  ['another number than was expected', 301, { ...mutable(9n), cas: 4n }],
  ['a negative number', 203, mutable(-1n)],
  ['a number beyond 64 bits', 203, mutable(2n ** 63n)],
];

for (const [why, code, body] of refusals) {
  test(`BEP 44, errors: ${why} is refused: ${code}`, () => {
    const talk = new Talk();
    put(talk, mutable(5n));
    expect(put(talk, body)).toBe(code);
    expect(talk.body('get', { target })).toMatchObject({ seq: 5n, v: value });
    expect(talk.dht.stored.items).toBe(1);
  });
}

test('BEP 44: a cas over nothing is ignored, over the right number it is done', () => {
  const talk = new Talk();
  expect(put(talk, { ...mutable(5n), cas: 77n })).toBeUndefined();
  expect(put(talk, { ...mutable(6n), cas: 5n })).toBeUndefined();
  expect(talk.body('get', { target }).seq).toBe(6n);
});

test('BEP 44: a value of 1,000 bytes passes with key, signature and nodes', () => {
  const talk = new Talk();
  for (let i = 0; i < 12; i++) {
    talk.meet(local(i * 16), { id: local(i * 16).id, address: { ip: `fd00:${i}::1`, port: 1 } });
  }
  const long = utf8(`996:${'x'.repeat(996)}`);
  put(talk, mutable(2n ** 63n - 1n, long));
  const answer = talk.ask('get', { target })!;
  expect(answer.message).toMatchObject({ body: { v: long, seq: 2n ** 63n - 1n } });
  expect(answer.length).toBeLessThan(1_472);
  const overIpv6 = { id: local(0).id, address: { ip: 'fd00:0::1', port: 1 } };
  const further = talk.ask('get', { target }, { from: overIpv6 })!;
  expect(further.message).toMatchObject({ body: { v: long } });
  expect(further.length).toBeLessThanOrEqual(limits.itemDatagramBytes);
  const stranger = talk.ask('get', { target }, { from: local(250), transaction: utf8('tt') })!;
  expect(stranger.message).toMatchObject({ body: { v: long } });
});

test('BEP 44: what was stored does not change with the datagram it came in', () => {
  const talk = new Talk();
  const { token } = talk.body('get', { target });
  const text = `d1:ad2:id20:${'a'.repeat(20)}5:token8:________1:v5:helloe1:q3:put1:t2:aa1:y1:qe`;
  const bytes = Buffer.from(text);
  bytes.set(token!, text.indexOf('________'));
  talk.receive(bytes, local(1).address);
  bytes.fill(120);
  const kept = talk.body('get', { target: immutableTarget(utf8('5:hello')) }).v!;
  expect(equalBytes(kept, utf8('5:hello'))).toBe(true);
});
