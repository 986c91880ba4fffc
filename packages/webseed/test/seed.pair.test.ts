/** The core of a web seed and servers of all kinds, mouth to mouth, in virtual time (BEP 19; RFC 9110, range requests). */
import { expect, test } from 'vitest';
import { limits } from '../src/index.ts';
import { type Answer, contentOf, layoutOf, Pair, pieceOf, ranged, type Serve, site, URL, urlOf } from './world.ts';

const MIB = 1 << 20;
/** One file of twelve pieces, in a folder. */
const single = layoutOf([{ path: ['name', 'file'], length: 12 * 32_768 - 5 }]);
/** Three pieces, three files, the second wholly in the second piece. */
const three = layoutOf([
  { path: ['t', 'a'], length: 40_000 },
  { path: ['t', 'b'], length: 20_000 },
  { path: ['t', 'c'], length: 38_000 },
]);

const always =
  (answer: Answer): Serve =>
  () =>
    answer;
/** `good` but for the files named. */
const but =
  (good: Serve, bad: Readonly<Record<string, Answer>>): Serve =>
  (get) =>
    bad[get.url.replace(/.*\//, '')] ?? good(get);
const all = (pair: Pair) => Array.from({ length: pair.layout.pieceCount }, (_, piece) => pair.seed.request(piece));

test('BEP 19: a run of pieces is one range of the file, and the whole file needs none', () => {
  const pair = new Pair(single);
  for (const piece of [3, 4, 5]) pair.seed.request(piece);
  pair.pump();
  expect(pair.asked.map(({ url }) => url)).toEqual([`${URL}name/file`]);
  expect(pair.ranges).toEqual(['bytes=98304-196607']);
  expect(pair.asked[0]!.headers).toMatchObject({ 'accept-encoding': 'identity' });
  expect([3, 4, 5].every((piece) => pair.isRight(piece))).toBe(true);
  const other = new Pair(single);
  all(other);
  other.pump();
  expect(other.ranges).toEqual([undefined]);
  expect(other.isRight(11)).toBe(true);
});

test('BEP 19: a piece that crosses files is asked for in parts, at once, and comes as whole blocks', () => {
  const pair = new Pair(three);
  pair.seed.request(1);
  pair.flush();
  expect(pair.asked.map(({ url, headers }) => [url.slice(URL.length), headers['range']])).toEqual([
    ['t/a', 'bytes=32768-39999'],
    ['t/b', undefined],
    ['t/c', 'bytes=0-5535'],
  ]);
  pair.pump();
  expect(pair.isRight(1)).toBe(true);
  expect(pair.said).toEqual([]);
});

test('BEP 47: padding is filled with zeros and never asked for, a block of nothing else comes without a request', () => {
  const layout = layoutOf(
    [
      { path: ['t', 'a'], length: 100 },
      { path: ['.pad', '65436'], length: 65_436, padding: true },
      { path: ['t', 'b'], length: 50 },
    ],
    65_536,
  );
  const pair = new Pair(layout);
  pair.seed.request(0, 16_384, 49_152);
  const { deadline } = pair.seed;
  expect(deadline).toBe(pair.world.time);
  pair.world.time += 0.1;
  // It stays where it is, or a host whose clock runs on between two looks would never reach it.
  expect(pair.seed.deadline).toBe(deadline);
  pair.pump();
  expect(pair.asked).toEqual([]);
  expect(pair.seed.outstanding).toBe(0);
  all(pair);
  pair.pump();
  expect(pair.asked.map(({ url }) => url)).toEqual([`${URL}t/a`, `${URL}t/b`]);
  expect([pair.isRight(0), pair.isRight(1)]).toEqual([true, true]);
});

test('long runs are cut into requests, and no more are under way than allowed', () => {
  const layout = layoutOf([{ path: ['n', 'big'], length: 80 * MIB }], MIB);
  const pair = new Pair(layout, undefined, { connections: 2, outstandingBytes: 64 * MIB });
  for (let piece = 0; piece < 64; piece++) expect(pair.seed.request(piece)).toBe(true);
  expect(pair.seed.request(64)).toBe(false);
  pair.flush();
  expect(pair.ranges).toEqual(['bytes=0-16777215', 'bytes=16777216-33554431']);
  pair.seed.close();
  expect(pair.seed.flush().map(({ type }) => type)).toEqual(['abort', 'abort']);
  expect(pair.seed.request(0)).toBe(false);
});

test('blocks are views of what came in, wherever they lie in one file', () => {
  const pair = new Pair(single);
  pair.seed.request(0);
  const [get] = pair.seed.flush();
  const headers = { 'content-range': 'bytes 0-32767/393211' };
  pair.seed.receive({ type: 'head', id: get!.id, status: 206, headers });
  const bytes = new Uint8Array(20_000);
  const events = pair.seed.receive({ type: 'body', id: get!.id, bytes });
  expect(events).toMatchObject([
    { type: 'block', piece: 0, begin: 0, length: 16_384, offset: 0 },
    { type: 'block', piece: 0, begin: 16_384, length: 16_384, offset: 0 },
  ]);
  for (const event of events) expect(event.type === 'block' && event.data.buffer).toBe(bytes.buffer);
});

test.each([404, 403, 410, 416])('BEP 19: status %s for one file loses that file, not the others', (status) => {
  const pair = new Pair(three, but(site(three, urlOf(three)), { b: { status } }));
  all(pair);
  pair.pump();
  expect(pair.said.filter(({ type }) => type === 'missing')).toMatchObject([{ file: 1, first: 1, end: 2 }]);
  expect([0, 1, 2].map((piece) => pair.seed.has(piece))).toEqual([true, false, true]);
  expect([pair.isRight(0), pair.isRight(2)]).toEqual([true, true]);
  expect(pair.seed.request(1)).toBe(false);
  expect(pair.seed.state).toBe('ready');
});

test('a block in several files is rejected once, whichever of them is missing', () => {
  const pair = new Pair(three, but(site(three, urlOf(three)), { b: { status: 404 }, c: { status: 404 } }));
  pair.seed.request(1);
  pair.pump();
  const rejected = pair.said.flatMap((event) => (event.type === 'reject' ? [event.begin] : []));
  expect(rejected.sort((a, b) => a - b)).toEqual([0, 16_384]);
});

test('a file of another length, or in a coding, is another file', () => {
  const part = { 'content-range': 'bytes 0-32767/99', 'content-length': '32768' };
  for (const answer of [
    { status: 206, headers: part },
    { status: 206, headers: { 'content-encoding': 'gzip', 'content-range': 'bytes 0-32767/40000' } },
    { status: 200, headers: { 'content-length': '99' } },
  ]) {
    const pair = new Pair(three, but(site(three, urlOf(three)), { a: answer }));
    for (const piece of [0, 2]) pair.seed.request(piece);
    pair.pump();
    expect(pair.said.filter(({ type }) => type === 'missing')).toMatchObject([{ file: 0, first: 0, end: 2 }]);
    expect(pair.isRight(2)).toBe(true);
  }
});

test('a server that has no file of the torrent is discarded, soon if there are many', () => {
  const pair = new Pair(three, always({ status: 404 }));
  all(pair);
  pair.pump();
  expect(pair.words.at(-1)).toBe('closed webseed/nothing-there');
  const many = layoutOf(Array.from({ length: 2000 }, (_, i) => ({ path: ['m', `${i}`], length: 100 })));
  const lost = new Pair(many, always({ status: 404 }));
  all(lost);
  lost.pump();
  expect(lost.words.at(-1)).toBe('closed webseed/nothing-there');
  expect(lost.asked.length).toBeLessThan(limits.missingFiles + 5);
  expect(lost.said.filter(({ type }) => type === 'reject')).toHaveLength(Math.ceil(200_000 / 16_384));
  expect(lost.under.size).toBe(0);
});

test.each([
  ['another start', 'bytes 1-49151/393211'],
  ['another end', 'bytes 0-49150/393211'],
  ['no content-range', undefined],
  ['several ranges', 'multipart'],
  ['another length', 'bytes 0-49151/393211', '49151'],
])('RFC 9110, range requests: a server that sends %s is discarded', (_, range, length = '49152') => {
  const body = new Uint8Array(49_152);
  const headers = { 'content-length': length, ...(range && { 'content-range': range }) };
  const pair = new Pair(single, always({ status: 206, headers, body }));
  pair.seed.request(0);
  pair.seed.request(1, 0, 16_384);
  pair.pump();
  expect(pair.words).toEqual(['reject', 'reject', 'reject', 'closed webseed/wrong-range']);
  expect(pair.seed.state).toBe('closed');
  expect(pair.seed.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(pair.pieces.size).toBe(0);
});

test('more bytes than said discard the server, and nothing of them is passed on', () => {
  const headers = { 'content-range': 'bytes 0-32767/393211' };
  const pair = new Pair(single, always({ status: 206, headers, body: new Uint8Array(40_000) }));
  pair.seed.request(0);
  pair.pump();
  expect(pair.words).toEqual(['closed webseed/too-long']);
  expect(pair.pieces.get(0)).toHaveLength(32_768);
});

test('fewer bytes than said reject the rest, and the server is asked again later', () => {
  const good = site(single, urlOf(single));
  let cut = true;
  const pair = new Pair(single, (get) => {
    const answer = good(get)!;
    return cut ? { ...answer, body: answer.body!.subarray(0, 20_000), error: new Error('reset') } : answer;
  });
  pair.seed.request(0);
  pair.pump();
  expect(pair.words).toEqual(['reject', 'waiting webseed/cut-off']);
  expect(pair.said[0]).toMatchObject({ piece: 0, begin: 16_384, length: 16_384 });
  expect(pair.seed.state).toBe('waiting');
  expect([pair.seed.room, pair.seed.request(0, 16_384)]).toEqual([0, false]);
  cut = false;
  pair.pass(limits.retryMs * 1.25);
  expect(pair.words.at(-1)).toBe('ready');
  pair.seed.request(0, 16_384);
  pair.pump();
  expect(pair.isRight(0)).toBe(true);
});

test('waits double with each failure, up to a limit, and start anew after a success', () => {
  let broken = true;
  const good = site(single, urlOf(single));
  const pair = new Pair(single, (get) => (broken ? { status: 500 } : good(get)));
  const waits: number[] = [];
  for (let i = 0; i < 15; i++) {
    pair.seed.request(0);
    pair.pump();
    const waiting = pair.said.at(-1)!;
    if (waiting.type !== 'waiting') throw new Error(waiting.type);
    waits.push(waiting.until - pair.world.time);
    pair.pass(waits.at(-1)!);
  }
  expect(waits.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
  expect(waits.at(-1)).toBe(limits.retryMaxMs);
  broken = false;
  pair.seed.request(0);
  pair.pump();
  broken = true;
  pair.seed.request(1);
  pair.pump();
  expect(pair.said.at(-1)).toMatchObject({ type: 'waiting', until: pair.world.time + 2000 });
});

test.each([
  ['seconds', { 'retry-after': '90' }, 90_000],
  ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:01:00 GMT', date: 'Sat, 21 Nov 2026 12:00:00 GMT' }, 60_000],
  ['too long', { 'retry-after': '999999999' }, limits.retryMaxMs],
  ['no time at all', { 'retry-after': '0' }, 1000],
  ['nonsense', { 'retry-after': 'soon' }, limits.retryMs],
] as const)('RFC 9110, retry-after: a busy server is left alone for %s', (_, headers, wait) => {
  for (const status of [429, 503]) {
    const pair = new Pair(single, always({ status, headers }));
    pair.seed.request(0);
    pair.pump();
    expect(pair.said.at(-1)).toMatchObject({ type: 'waiting', until: pair.world.time + wait });
    expect(pair.said.at(-1)).toHaveProperty('reason.code', 'webseed/bad-status');
  }
});

test('a redirect that the host did not follow is a failure like others', () => {
  const pair = new Pair(single, always({ status: 302, headers: { location: 'http://other.example/' } }));
  pair.seed.request(0);
  pair.pump();
  expect(pair.words.at(-1)).toBe('waiting webseed/bad-status');
});

test('several requests that fail together are one failure', () => {
  const pair = new Pair(three, always({ status: 500 }));
  all(pair);
  pair.pump();
  expect(pair.words.filter((word) => word.startsWith('waiting'))).toHaveLength(1);
  expect(pair.said.filter(({ type }) => type === 'reject')).toHaveLength(6);
  expect(pair.seed.outstanding).toBe(0);
});

test('a silent server, and one that trickles, are given up after a while', () => {
  const silent = new Pair(single, () => undefined);
  silent.seed.request(0);
  silent.pump();
  silent.pass(limits.answerMs - 1);
  expect(silent.said).toEqual([]);
  silent.pass(1);
  expect(silent.words.at(-1)).toBe('waiting webseed/no-answer');
  const trickling = new Pair(single, (get) => {
    const answer = ranged(contentOf(0, 12 * 32_768 - 5), get);
    return { ...answer, body: answer.body!.subarray(0, 5000), hangs: true };
  });
  trickling.seed.request(0);
  trickling.pump();
  trickling.pass(limits.answerMs);
  expect(trickling.words).toEqual(['reject', 'reject', 'waiting webseed/slow']);
  expect(trickling.seed.flush()).toEqual([]);
});

test('a server that cannot be reached is a failure, with what the host says about it', () => {
  const pair = new Pair(single);
  pair.seed.request(0);
  const [get] = pair.seed.flush();
  pair.hear(pair.seed.receive({ type: 'end', id: get!.id, error: new Error('refused') }));
  expect(pair.words.at(-1)).toBe('waiting webseed/no-answer');
  expect(pair.said.at(-1)).toHaveProperty('reason.message', expect.stringContaining('refused'));
});

test('BEP 19: a bad hash discards the URL, with all that is under way', () => {
  const pair = new Pair(three, () => undefined);
  all(pair);
  pair.flush();
  expect(pair.seed.bad(0).code).toBe('webseed/bad-hash');
  expect(pair.seed.flush().map(({ type }) => type)).toEqual(['abort', 'abort', 'abort']);
  expect([pair.seed.state, pair.seed.has(0), pair.seed.outstanding]).toEqual(['closed', false, 0]);
  expect(pair.seed.receive({ type: 'head', id: 1, status: 200, headers: {} })).toEqual([]);
  expect(pair.seed.tick()).toEqual([]);
});

test('cancel: a request that nobody waits for any more is aborted, others go on without the block', () => {
  const pair = new Pair(single, () => undefined);
  pair.seed.request(0);
  pair.seed.request(5);
  pair.flush();
  pair.seed.cancel(0);
  pair.seed.cancel(5, 0, 16_384);
  expect(pair.seed.flush()).toEqual([{ type: 'abort', id: 1 }]);
  expect(pair.seed.outstanding).toBe(16_384);
});

test('cancel: the bytes of a block that is not wanted any more are dropped', () => {
  const pair = new Pair(single);
  pair.seed.request(5);
  pair.flush();
  pair.step();
  pair.step();
  pair.seed.cancel(5, 0, 16_384);
  pair.pump();
  const came = pair.pieces.get(5)!;
  expect(came.subarray(0, 10_000)).toEqual(pieceOf(single, 5).subarray(0, 10_000));
  expect(came.subarray(10_000, 16_384).every((byte) => byte === 0)).toBe(true);
  expect(came.subarray(16_384)).toEqual(pieceOf(single, 5).subarray(16_384));
});

test('a file that two requests were for is missing once', () => {
  const layout = layoutOf(
    [
      { path: ['t', 'gone'], length: 24 * MIB },
      { path: ['t', 'here'], length: 1000 },
    ],
    MIB,
  );
  const pair = new Pair(layout, but(site(layout, urlOf(layout)), { gone: { status: 404 } }));
  all(pair);
  pair.pump();
  expect(pair.asked.filter(({ url }) => url.endsWith('gone'))).toHaveLength(2);
  expect(pair.said.filter(({ type }) => type === 'missing')).toHaveLength(1);
});

test('pause holds every body back and opens nothing; time does not count until resume', () => {
  const pair = new Pair(single, (get) => ({ ...site(single, urlOf(single))(get)!, hangs: true }));
  pair.seed.request(0);
  pair.flush();
  pair.seed.pause();
  pair.seed.request(5);
  expect(pair.seed.flush()).toEqual([{ type: 'pause', id: 1 }]);
  expect([pair.seed.room, pair.seed.deadline]).toEqual([0, Number.POSITIVE_INFINITY]);
  pair.pass(3_600_000);
  pair.seed.resume();
  expect(pair.seed.flush().map(({ type }) => type)).toEqual(['get', 'resume']);
});

test('room is there until as much is asked for as should be, and again when half has come', () => {
  const layout = layoutOf([{ path: ['n', 'big'], length: 8 * MIB }], MIB / 4);
  const pair = new Pair(layout);
  let piece = 0;
  const fill = () => {
    const from = piece;
    while (pair.seed.room > 0 && pair.seed.request(piece)) piece++;
    pair.flush();
    return piece - from;
  };
  expect([fill(), fill()]).toEqual([4, 0]);
  pair.chunkBytes = MIB / 4;
  pair.step();
  pair.step();
  expect([pair.seed.outstanding, fill()]).toEqual([(MIB * 3) / 4, 0]);
  pair.step();
  expect([pair.seed.outstanding, fill()]).toEqual([MIB / 2, 2]);
});

test('room grows with what comes, follows the rate, and is 0 until half has come', () => {
  const layout = layoutOf([{ path: ['n', 'big'], length: 64 * MIB }], MIB);
  const pair = new Pair(layout);
  pair.chunkBytes = MIB;
  expect(pair.seed.rate).toBeUndefined();
  expect(pair.seed.room).toBe(limits.outstandingStart);
  pair.seed.request(0);
  pair.flush();
  expect(pair.seed.room).toBe(0);
  pair.step();
  pair.world.time += 1000;
  pair.pump();
  expect(pair.seed.rate).toBe(MIB);
  expect(pair.seed.room).toBe(4 * MIB);
  pair.world.time += 60_000;
  expect(pair.seed.rate).toBe(MIB);
});

test('misuse is a RangeError', () => {
  const pair = new Pair(single);
  expect(() => pair.seed.request(0, 5)).toThrow(RangeError);
  expect(() => pair.seed.request(0, 16_384, 16_385)).toThrow(RangeError);
  expect(() => pair.seed.request(12)).toThrow(RangeError);
});
