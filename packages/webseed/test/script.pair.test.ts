/** Scripts that serve pieces (BEP 17, protocol). */
import { expect, test } from 'vitest';
import { Id20, utf8 } from '../../core/src/index.ts';
import { limits } from '../src/index.ts';
import { type Answer, layoutOf, Pair, pieceOf, type Serve } from './world.ts';

const layout = layoutOf([{ path: ['n', 'file'], length: 100_000 }]);
const infoHash = Id20.from('9cd9698af555751a9186ae066c57ea21572335e0');
const url = 'http://h/seed.php';
const good: Serve = (get) => {
  const [, piece, from, to] = /&piece=(\d+)(?:&ranges=(\d+)-(\d+))?$/.exec(get.url)!;
  const body = pieceOf(layout, Number(piece));
  return { status: 200, body: from === undefined ? body : body.subarray(Number(from), Number(to) + 1) };
};
const pairOf = (serve: Serve | Answer) =>
  new Pair(layout, typeof serve === 'function' ? serve : () => serve, { url, infoHash });
const queries = (pair: Pair) => pair.asked.map((get) => get.url.replace(/.*&piece/, 'piece'));

test('BEP 17: one piece at a time, whole ones without ranges', () => {
  const pair = pairOf(good);
  for (const piece of [0, 1]) pair.seed.request(piece);
  pair.seed.request(2, 16_384);
  pair.flush();
  expect(queries(pair)).toEqual(['piece=0']);
  pair.pump();
  expect(queries(pair)).toEqual(['piece=0', 'piece=1', 'piece=2&ranges=16384-32767']);
  expect([pair.isRight(0), pair.isRight(1), pair.words]).toEqual([true, true, []]);
  expect(pair.asked[0]!.headers).not.toHaveProperty('range');
});

test.each([
  ['120', 120_000],
  [' 7\n', 7000],
  ['later', limits.scriptRetryMs],
  ['', limits.scriptRetryMs],
  ['9'.repeat(100), limits.scriptRetryMs],
])('BEP 17: a busy script says %j and is left alone for that long', (text, wait) => {
  const pair = pairOf({ status: 503, body: utf8(text) });
  pair.seed.request(0);
  pair.pump();
  expect(pair.words).toEqual(['reject', 'reject', 'waiting webseed/bad-status']);
  expect(pair.said.at(-1)).toMatchObject({ until: pair.world.time + wait });
});

test('BEP 17: any other status is an error, after which it is asked less and less often', () => {
  const pair = pairOf({ status: 404 });
  for (const wait of [30_000, 60_000, 120_000]) {
    pair.seed.request(0);
    pair.pump();
    expect(pair.said.at(-1)).toMatchObject({ type: 'waiting', until: pair.world.time + wait });
    pair.pass(wait);
  }
  expect(pair.seed.has(0)).toBe(true);
});

test('BEP 17: another length than asked for is of no use', () => {
  const pair = pairOf({ status: 200, headers: { 'content-length': '5' }, body: utf8('hello') });
  pair.seed.request(0);
  pair.pump();
  expect(pair.words.at(-1)).toBe('closed webseed/wrong-length');
  const coded = pairOf({ status: 200, headers: { 'content-encoding': 'gzip' } });
  coded.seed.request(0);
  coded.pump();
  expect(coded.words.at(-1)).toBe('closed webseed/coded');
  const short = pairOf({ status: 200, body: utf8('hello') });
  short.seed.request(0);
  short.pump();
  expect(short.words.at(-1)).toBe('waiting webseed/cut-off');
});
