/** Whatever servers and owners do: nothing throws, and every block that was asked for comes, is rejected, or was cancelled (BEP 19). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20, ProtocolError } from '../../core/src/index.ts';
import { limits, WebSeed, type WebSeedEvent, type WebSeedOutput } from '../src/index.ts';
import { layoutOf, World } from './world.ts';

const layout = layoutOf(
  [
    { path: ['t', 'a'], length: 70_000 },
    { path: ['t', 'pad'], length: 28_304, padding: true },
    { path: ['t', 'b'], length: 5000 },
    { path: ['t', 'c'], length: 90_001 },
  ],
  32_768,
);

const headers = fc
  .record({
    'content-range': fc.option(
      fc.oneof(
        fc
          .tuple(fc.nat(90_001), fc.nat(90_001), fc.constantFrom('*', '70000', '5000', '90001', '1', '-1'))
          .map(([from, to, length]) => `bytes ${from}-${to}/${length}`),
        fc.constant('right'),
        fc.string(),
      ),
    ),
    'content-length': fc.option(fc.constantFrom('0', '5000', '70000', '90001', 'x', '-5', '99999999999999999999')),
    'retry-after': fc.option(fc.oneof(fc.nat().map(String), fc.string())),
    'content-encoding': fc.option(fc.constantFrom('gzip', 'identity', '')),
    'transfer-encoding': fc.option(fc.constant('chunked')),
    date: fc.option(fc.string()),
  })
  .map((all) =>
    Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)),
  );

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('request' as const), piece: fc.nat(5), block: fc.nat(1) }) },
  fc.record({ do: fc.constant('cancel' as const), piece: fc.nat(5), block: fc.nat(1) }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('head' as const),
      which: fc.nat(3),
      status: fc.constantFrom(200, 206, 206, 206, 301, 404, 416, 429, 500, 503, 999, -1),
      headers,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('body' as const), which: fc.nat(3), length: fc.nat(40_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(3), broken: fc.boolean() }) },
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 1000, limits.answerMs, limits.retryMaxMs) }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }),
);

class Owner {
  readonly world = new World();
  readonly seed: WebSeed;
  /** Blocks that have had no outcome, and how far they have come. */
  readonly waiting = new Map<string, number>();
  readonly open = new Map<number, Extract<WebSeedOutput, { readonly type: 'get' }>>();
  isClosed = false;

  constructor(infoHash: Id20 | undefined) {
    this.seed = new WebSeed(this.world, { url: 'http://h/', layout, ...(infoHash && { infoHash }) });
  }

  hear(events: readonly WebSeedEvent[]): void {
    for (const event of events) {
      expect(this.isClosed).toBe(false);
      if ('reason' in event) expect(event.reason).toBeInstanceOf(ProtocolError);
      if (event.type === 'closed') this.isClosed = true;
      if (event.type !== 'block' && event.type !== 'reject') continue;
      const key = `${event.piece} ${event.begin}`;
      const came = this.waiting.get(key);
      expect(came).toBeDefined();
      if (event.type === 'reject') this.waiting.delete(key);
      else {
        expect(event.offset).toBe(came);
        const end = event.offset + event.data.length;
        expect(end).toBeLessThanOrEqual(event.length);
        if (end === event.length) this.waiting.delete(key);
        else this.waiting.set(key, end);
      }
    }
    if (this.isClosed) expect(this.waiting.size).toBe(0);
  }

  flush(): void {
    for (const output of this.seed.flush()) {
      if (output.type === 'get') this.open.set(output.id, output);
      // What is aborted may have ended meanwhile.
      else if (output.type === 'abort') this.open.delete(output.id);
      else expect(this.open.has(output.id)).toBe(true);
    }
    expect(this.open.size).toBeLessThanOrEqual(limits.connections);
  }

  act(step: typeof action extends fc.Arbitrary<infer Step> ? Step : never): void {
    const id = 'which' in step ? ([...this.open.keys()][step.which] ?? 99) : 0;
    switch (step.do) {
      case 'request':
        return this.request(step.piece, step.block * 16_384);
      case 'cancel':
        this.seed.cancel(step.piece, step.block * 16_384, 16_384);
        this.waiting.delete(`${step.piece} ${step.block * 16_384}`);
        return;
      case 'flush':
        return this.flush();
      case 'head':
        return this.hear(
          this.seed.receive({ type: 'head', id, status: step.status, headers: this.rightly(id, step.headers) }),
        );
      case 'body':
        return this.hear(this.seed.receive({ type: 'body', id, bytes: new Uint8Array(step.length) }));
      case 'end':
        this.open.delete(id);
        return this.hear(this.seed.receive({ type: 'end', id, ...(step.broken && { error: new Error('reset') }) }));
      case 'pass':
        this.world.time += step.ms;
        return this.hear(this.seed.tick());
      default:
        this.seed[step.do]();
    }
  }

  /** A range that is right now and then: else nothing would come of any request. */
  rightly(id: number, given: Readonly<Record<string, string>>): Record<string, string> {
    const range = /bytes=(.*)/.exec(this.open.get(id)?.headers['range'] ?? '')?.[1];
    if (given['content-range'] !== 'right' || range === undefined) return given;
    return { 'content-range': `bytes ${range}/*` };
  }

  request(piece: number, begin: number): void {
    if (begin >= layout.lengthOf(piece)) return;
    const key = `${piece} ${begin}`;
    if (this.seed.request(piece, begin, Math.min(16_384, layout.lengthOf(piece) - begin)) && !this.waiting.has(key)) {
      this.waiting.set(key, 0);
    }
  }
}

test.each([undefined, Id20.from(new Uint8Array(20))])(
  'no server upsets it, and no block is forgotten (%s)',
  (infoHash) => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (steps) => {
        const owner = new Owner(infoHash);
        for (const step of steps) owner.act(step);
        owner.seed.resume();
        // Everything that is under way ends, or times out, and waits are waited for.
        for (let round = 0; round < 20; round++) {
          owner.flush();
          for (const id of [...owner.open.keys()])
            owner.act({ do: 'end', which: [...owner.open.keys()].indexOf(id), broken: true });
          owner.act({ do: 'pass', ms: limits.retryMaxMs });
        }
        owner.flush();
        expect([...owner.waiting.keys()]).toEqual([]);
        expect(owner.seed.outstanding).toBe(0);
        expect(owner.open.size).toBe(0);
        expect(owner.seed.deadline).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 400 },
    );
  },
);
