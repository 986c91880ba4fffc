/** Whatever the torrent and the run of pieces, the requests bring exactly its bytes (BEP 19; BEP 17; BEP 47). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20 } from '../../core/src/index.ts';
import type { SeedLayout } from '../src/index.ts';
import { contentOf, type FileShape, layoutOf, Pair, pieceOf, ranged, type Serve, site, URL, urlOf } from './world.ts';

const PIECE = 32_768;

/** Files of all kinds of lengths, some empty, some padded to the end of the piece. */
const layouts: fc.Arbitrary<SeedLayout> = fc
  .record({
    lengths: fc.array(
      fc.record({
        length: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 1, max: 900 }),
          fc.integer({ min: 1, max: 100_000 }),
          fc.constantFrom(16_384, PIECE, 2 * PIECE),
        ),
        padded: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    version: fc.constantFrom('v1' as const, 'v2' as const),
  })
  .filter(({ lengths }) => lengths.some(({ length }) => length > 0))
  .map(({ lengths, version }) => {
    const shapes: FileShape[] = [];
    let at = 0;
    for (const [i, { length, padded }] of lengths.entries()) {
      // In version 2 every file starts a piece, with the padding that this implies.
      const gap = -at % PIECE;
      if (gap !== 0 && (padded || version === 'v2')) {
        shapes.push({ path: ['.pad', `${i}`], length: PIECE + gap, padding: true });
        at += PIECE + gap;
      }
      shapes.push({ path: ['name', `file ${i}`], length });
      at += length;
    }
    return layoutOf(shapes, PIECE, version);
  });

/** Answers with the whole file whatever is asked. */
const rangeless =
  (serve: Serve): Serve =>
  ({ headers: { range: _, ...headers }, ...get }) =>
    serve({ ...get, headers });

const runs = fc.record({
  layout: layouts,
  first: fc.nat(),
  count: fc.integer({ min: 1, max: 40 }),
  chunkBytes: fc.integer({ min: 1000, max: 70_000 }),
  connections: fc.integer({ min: 1, max: 5 }),
});

function expectRun(pair: Pair, first: number, count: number): void {
  const pieces = Array.from({ length: count }, (_, i) => first + i).filter((piece) => piece < pair.layout.pieceCount);
  const asked = pieces.filter((piece) => pair.seed.request(piece));
  expect(asked).toEqual(pieces);
  pair.pump();
  expect(pair.words.filter((word) => word !== 'no-ranges')).toEqual([]);
  for (const piece of pieces) expect(pair.isRight(piece)).toBe(true);
  expect([...pair.pieces.keys()].sort((a, b) => a - b)).toEqual(pieces);
  expect(pair.seed.outstanding).toBe(0);
}

test('BEP 19: any run of pieces of any torrent comes whole, byte for byte, and nothing else is asked for', () => {
  fc.assert(
    fc.property(runs, ({ layout, first, count, chunkBytes, connections }) => {
      const pair = new Pair(layout, undefined, { connections });
      pair.chunkBytes = chunkBytes;
      expectRun(pair, first % layout.pieceCount, count);
      const sent = pair.asked.reduce((sum, get) => sum + (site(layout, urlOf(layout))(get)!.body?.length ?? 0), 0);
      const wanted = [...pair.pieces.keys()].flatMap((piece) => [...layout.ranges(piece, 0, layout.lengthOf(piece))]);
      expect(sent).toBe(wanted.reduce((sum, { file, length }) => sum + (layout.files[file]!.padding ? 0 : length), 0));
    }),
    { numRuns: 100 },
  );
});

test('BEP 19: so it does from a server that knows no ranges', () => {
  fc.assert(
    fc.property(runs, ({ layout, first, count, chunkBytes, connections }) => {
      const pair = new Pair(layout, rangeless(site(layout, urlOf(layout))), { connections });
      pair.chunkBytes = chunkBytes;
      expectRun(pair, first % layout.pieceCount, count);
    }),
    { numRuns: 100 },
  );
});

test('BEP 17: so it does from a script, a piece or a range of it at a time', () => {
  const infoHash = Id20.from('ff254a6f94b9de03284d7297bce1062b50759a20');
  fc.assert(
    fc.property(runs, ({ layout, first, count, chunkBytes }) => {
      const script: Serve = ({ url }) => {
        const [, piece, from, to] = /&piece=(\d+)(?:&ranges=(\d+)-(\d+))?$/.exec(url)!;
        const body = pieceOf(layout, Number(piece));
        return { status: 200, body: from === undefined ? body : body.subarray(Number(from), Number(to) + 1) };
      };
      const pair = new Pair(layout, script, { infoHash, url: `${URL}seed.php` });
      pair.chunkBytes = chunkBytes;
      expectRun(pair, first % layout.pieceCount, count);
    }),
    { numRuns: 100 },
  );
});

test('BEP 19: blocks in any order, asked for one by one, some cancelled: what comes is right, the rest stays away', () => {
  fc.assert(
    fc.property(
      layouts,
      fc.array(fc.record({ piece: fc.nat(), block: fc.nat(), cancel: fc.boolean(), flush: fc.boolean() }), {
        maxLength: 30,
      }),
      (layout, wishes) => {
        const pair = new Pair(layout);
        const wanted = new Map<string, boolean>();
        for (const { piece: wish, block, cancel, flush } of wishes) {
          const piece = wish % layout.pieceCount;
          const length = layout.lengthOf(piece);
          const begin = (block % Math.ceil(length / 16_384)) * 16_384;
          const size = Math.min(16_384, length - begin);
          if (cancel) pair.seed.cancel(piece, begin, size);
          else expect(pair.seed.request(piece, begin, size)).toBe(true);
          wanted.set(`${piece} ${begin}`, !cancel);
          if (flush) pair.flush();
        }
        pair.pump();
        expect(pair.words).toEqual([]);
        expect(pair.seed.outstanding).toBe(0);
        for (const [key, isWanted] of wanted) {
          const [piece = 0, begin = 0] = key.split(' ').map(Number);
          const right = pieceOf(layout, piece).subarray(begin, begin + 16_384);
          const came = pair.pieces.get(piece)?.subarray(begin, begin + 16_384);
          if (isWanted) expect(came).toEqual(right);
          // A cancelled block may have been delivered before: nothing may be wrong in it.
          else if (came?.some((byte) => byte !== 0)) expect(came).toEqual(right);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('the parts of a block come in order, and never twice', () => {
  fc.assert(
    fc.property(runs, ({ layout, first, count, chunkBytes, connections }) => {
      const pair = new Pair(layout, undefined, { connections });
      pair.chunkBytes = chunkBytes;
      const next = new Map<string, number>();
      const { hear } = pair;
      pair.hear = (events) => {
        for (const event of events) {
          if (event.type !== 'block') continue;
          const key = `${event.piece} ${event.begin}`;
          expect(event.offset).toBe(next.get(key) ?? 0);
          next.set(key, event.offset + event.data.length);
        }
        hear.call(pair, events);
      };
      expectRun(pair, first % layout.pieceCount, count);
    }),
    { numRuns: 50 },
  );
});

test('the test server tells ranges apart', () => {
  const body = contentOf(0, 100);
  const get = { type: 'get', id: 1, url: '', headers: { range: 'bytes=10-19' }, redirects: 0 } as const;
  expect(ranged(body, get).body).toEqual(body.subarray(10, 20));
  expect(rangeless((plain) => ranged(body, plain))(get)).toMatchObject({ status: 200, body });
});
