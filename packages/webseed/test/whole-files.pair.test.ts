/** Servers that know no ranges and send whole files (RFC 9110, range requests; BEP 19): read once, from front to back. */
import { expect, test } from 'vitest';
import { limits } from '../src/index.ts';
import { layoutOf, Pair, type Serve, site, urlOf } from './world.ts';

const MIB = 1 << 20;
const layout = layoutOf([{ path: ['n', 'big'], length: 24 * MIB }], MIB);
const small = layoutOf([
  { path: ['n', 'a'], length: 50_000 },
  { path: ['n', 'b'], length: 50_000 },
]);

const rangeless =
  (serve: Serve): Serve =>
  ({ headers: { range: _, ...headers }, ...get }) =>
    serve({ ...get, headers });

function pairOf(content = layout): Pair {
  const pair = new Pair(content, rangeless(site(content, urlOf(content))));
  pair.chunkBytes = 100_000;
  return pair;
}

test('what is wanted near the beginning is reached by reading on', () => {
  const pair = pairOf();
  pair.seed.request(2);
  pair.pump();
  expect(pair.words).toEqual(['no-ranges']);
  expect(pair.isRight(2)).toBe(true);
  expect(pair.seed.isSequential).toBe(true);
  expect(pair.asked).toHaveLength(1);
  // From where it stands now, at the end of the third piece, four more can be passed over.
  expect([pair.seed.has(7), pair.seed.has(8)]).toEqual([true, false]);
});

test('a whole file is read in one go while it is asked for in order, and waits meanwhile', () => {
  const pair = pairOf();
  for (let piece = 0; piece < 24; piece++) {
    expect(pair.seed.has(piece)).toBe(true);
    expect(pair.seed.request(piece)).toBe(true);
    pair.pump();
    expect(pair.isRight(piece)).toBe(true);
  }
  expect(pair.asked).toHaveLength(1);
  expect(pair.under.size).toBe(0);
  expect(pair.seed.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('what is far from the beginning is rejected, and can be had when reading has come near', () => {
  const pair = pairOf();
  pair.seed.request(20);
  pair.pump();
  expect(pair.said.filter(({ type }) => type === 'reject')).toHaveLength(64);
  expect(pair.under.size).toBe(0);
  expect([pair.seed.has(20), pair.seed.has(4), pair.seed.has(5)]).toEqual([false, true, false]);
  for (let piece = 0; piece < 18; piece++) expect(pair.seed.request(piece)).toBe(true);
  expect(pair.seed.has(20)).toBe(true);
  expect(pair.seed.request(20)).toBe(true);
  pair.pump();
  expect(pair.isRight(20)).toBe(true);
  // Behind where reading is now, and far from the beginning.
  expect(pair.seed.has(19)).toBe(false);
});

test('an answer that nobody asks more of is let go, and its connection is given to who needs it', () => {
  const pair = pairOf();
  pair.seed.request(0);
  pair.pump();
  expect(pair.under.size).toBe(1);
  expect([...pair.under.values()][0]!.paused).toBe(true);
  pair.pass(limits.idleMs - 1);
  expect(pair.under.size).toBe(1);
  pair.pass(1);
  expect(pair.under.size).toBe(0);
  expect(pair.seed.state).toBe('ready');
  pair.seed.request(3);
  pair.pump();
  expect(pair.isRight(3)).toBe(true);
  const one = new Pair(small, rangeless(site(small, urlOf(small))), { connections: 1 });
  one.seed.request(0, 16_384, 16_384);
  one.pump();
  one.seed.request(3);
  one.pump();
  expect([one.words, one.isRight(3), one.asked.length, one.under.size]).toEqual([['no-ranges'], true, 2, 0]);
});

test('an answer that is wanted again has time to move again', () => {
  const pair = pairOf();
  pair.chunkBytes = 10_000;
  pair.seed.request(0, 0, 16_384);
  pair.pump();
  pair.pass(limits.idleMs - 1);
  pair.seed.request(1);
  pair.flush();
  pair.world.time += limits.answerMs - 1;
  pair.hear(pair.seed.tick());
  expect(pair.words).toEqual(['no-ranges']);
  pair.pump();
  expect(pair.isRight(1)).toBe(true);
});

test('of two answers with the same file each can be read on', () => {
  const pair = pairOf();
  for (const piece of [3, 0]) {
    pair.seed.request(piece);
    pair.pump();
    pair.pass(1000);
  }
  expect(pair.under.size).toBe(2);
  expect([pair.seed.has(8), pair.seed.has(9)]).toEqual([true, false]);
  pair.pass(limits.idleMs - 2000);
  expect(pair.under.size).toBe(1);
  expect([pair.seed.has(5), pair.seed.has(6)]).toEqual([true, false]);
  pair.pass(1000);
  expect([pair.seed.has(4), pair.seed.has(5)]).toEqual([true, false]);
});

test('a file that turns out longer than it is in the torrent is of no use', () => {
  const pair = new Pair(small, () => ({ status: 200, body: new Uint8Array(50_001) }));
  pair.seed.request(0, 0, 16_384);
  pair.seed.request(3);
  pair.pump();
  expect(pair.words.at(-1)).toBe('closed webseed/too-long');
});

test('requests under way when it becomes known are sorted out one by one', () => {
  const pair = pairOf();
  for (const piece of [0, 8, 10, 16, 22]) pair.seed.request(piece);
  pair.pump();
  const rejected = new Set(pair.said.flatMap((event) => (event.type === 'reject' ? [event.piece] : [])));
  expect([...rejected].sort((a, b) => a - b)).toEqual([8, 10, 16, 22]);
  expect(pair.isRight(0)).toBe(true);
  expect(pair.seed.outstanding).toBe(0);
});

test('a whole file that ends early rejects what was still to come of it', () => {
  const good = rangeless(site(layout, urlOf(layout)));
  const pair = new Pair(layout, (get) => {
    const { headers: _, ...answer } = good(get)!;
    return { ...answer, body: answer.body!.subarray(0, 2 * MIB) };
  });
  pair.chunkBytes = MIB;
  pair.seed.request(1);
  pair.pump();
  for (let piece = 2; piece < 9; piece++) expect(pair.seed.request(piece)).toBe(true);
  pair.pump();
  expect(pair.words.at(-1)).toBe('waiting webseed/cut-off');
  expect(pair.said.filter(({ type }) => type === 'reject')).toHaveLength(7 * 64);
  expect(pair.seed.has(8)).toBe(false);
});

test('a host that does not hold back a paused body is not followed without end', () => {
  const pair = pairOf();
  pair.seed.request(1, 0, 16_384);
  pair.flush();
  const body = new Uint8Array(200_000);
  pair.seed.receive({ type: 'head', id: 1, status: 200, headers: {} });
  let aborted = false;
  for (let i = 0; i < 40 && !aborted; i++) {
    pair.seed.receive({ type: 'body', id: 1, bytes: body });
    aborted = pair.seed.flush().some(({ type }) => type === 'abort');
  }
  expect(aborted).toBe(true);
});
