/**
 * What every storage promises, as suites that any storage runs: `storageContract` for all of them, `storageFilesContract` for
 * those that keep plain files which others can see and damage.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { equalBytes, type SlotPool, type StorageOutcome } from '../src/index.ts';
import {
  aligned,
  BLOCK,
  describeOutcome,
  flipped,
  OK,
  PIECE,
  plainSlots,
  type Sample,
  type SampleFile,
  type StorageWorld,
  Subject,
  sampleOf,
} from './storage-subject.ts';

export type { StorageWorld } from './storage-subject.ts';

/** The files as others see them; `path` is relative to the root. */
export interface OutsideFiles {
  /** Undefined: there is none. */
  read(path: readonly string[]): Uint8Array | undefined;
  write(path: readonly string[], bytes: Uint8Array): void;
  delete(path: readonly string[]): void;
  folderExists(path: readonly string[]): boolean;
}

export interface StorageContract<World extends StorageWorld = StorageWorld> {
  readonly name: string;
  readonly make: () => World | Promise<World>;
  /** How many random layouts to try. */
  readonly runs?: number;
}

/** Files of all awkward sizes: tiny ones within a piece, an empty one, some over several pieces, a short last piece. */
const MIXED: readonly SampleFile[] = [
  { length: 10, path: ['a'] },
  { length: 1, path: ['b', 'one'] },
  { length: 0, path: ['b', 'empty'] },
  { length: 5 * BLOCK + 3, path: ['b', 'c', 'long'] },
  { length: 100, path: ['b', 'c', 'short'] },
  { length: 3 * BLOCK, path: ['last'] },
];

export function storageContract(contract: StorageContract): void {
  describe(contract.name, () => {
    let world: StorageWorld;
    const opened: Subject[] = [];
    const open = (sample: Sample, slots?: SlotPool) => {
      const subject = new Subject(world, sample, slots);
      opened.push(subject);
      return subject;
    };
    beforeEach(async () => {
      world = await contract.make();
    });
    afterEach(async () => {
      for (const subject of opened.splice(0)) await subject.close();
      await world.close?.();
    });

    test('what was never stored is missing, and no file has a stamp', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('missing'));
      expect(describeOutcome((await subject.load(0)) as StorageOutcome)).toBe('missing');
      expect(await subject.stat()).toEqual(MIXED.map(() => undefined));
    });

    test('stored pieces are found and read back, in any order, over any file borders', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      for (let piece = sample.pieces - 1; piece >= 0; piece--) expect(await subject.store(piece)).toEqual(OK);
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
      for (let piece = 0; piece < sample.pieces; piece++) expect(await subject.holds(piece)).toBe(true);
    });

    test('pieces of other lengths than a power of two, and a piece shorter than a block', async () => {
      const sample = sampleOf(world.root, [{ length: 1000 }, { length: 1001 }], 'sha1', 777);
      const subject = open(sample);
      await subject.storeAll();
      expect(await subject.holds(2)).toBe(true);
      expect(await subject.checkAll()).toEqual(['ok', 'ok', 'ok']);
    });

    test('a piece with a wrong byte is corrupt, and nothing of it is written', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      expect(await subject.store(0, flipped(sample.piece(0), 5))).toEqual({ type: 'corrupt' });
      expect(await subject.holds(0)).toBe(false);
      await subject.storeAll();
      expect(await subject.store(1, flipped(sample.piece(1), PIECE - 1))).toEqual({ type: 'corrupt' });
      expect(await subject.holds(1)).toBe(true);
    });

    test('a piece that was not stored is not ok, whatever its neighbours are', async () => {
      const sample = sampleOf(world.root, [{ length: 5 * PIECE }]);
      const subject = open(sample);
      await subject.store(1);
      await subject.store(3);
      const found = await subject.checkAll();
      expect([found[1], found[3]]).toEqual(['ok', 'ok']);
      for (const piece of [0, 2, 4]) expect(['corrupt', 'short']).toContain(found[piece]);
    });

    test('padding is read as zeros and is no file (BEP 47)', async () => {
      const sample = sampleOf(world.root, aligned([100, PIECE, 7]), 'both');
      const subject = open(sample);
      await subject.storeAll();
      expect(await subject.checkAll()).toEqual(['ok', 'ok', 'ok']);
      expect(await subject.holds(0)).toBe(true);
      expect(await subject.lengths()).toEqual([100, undefined, PIECE, 7]);
    });

    test('empty files exist after sync', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      expect(await subject.sync()).toEqual(OK);
      expect((await subject.lengths())[2]).toBe(0);
      await subject.storeAll();
      expect(await subject.sync()).toEqual(OK);
      expect(await subject.lengths()).toEqual(MIXED.map((file) => file.length));
    });

    test('a torrent of empty files alone has no piece and still has files', async () => {
      const subject = open(sampleOf(world.root, [{ length: 0 }, { length: 0 }]));
      expect(await subject.sync()).toEqual(OK);
      expect(await subject.lengths()).toEqual([0, 0]);
    });

    test('an unwanted file is not created; a piece that it shares is kept whole', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      const wanted = MIXED.map((_, index) => index === 3);
      subject.storage.select(wanted);
      await subject.storeAll();
      expect(await subject.sync()).toEqual(OK);
      const touched = MIXED.map((file, index) => (index === 3 ? file.length : undefined));
      expect(await subject.lengths()).toEqual(touched);
      expect(await subject.holds(0)).toBe(true);
      expect(await subject.holds(2)).toBe(true);
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
    });

    test('a file that is wanted again has what was kept aside', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      subject.storage.select(MIXED.map((_, index) => index === 3));
      await subject.store(0);
      await subject.store(2);
      subject.storage.select(MIXED.map(() => true));
      expect(describeOutcome(await subject.check(0))).toBe('ok');
      expect(describeOutcome(await subject.check(2))).toBe('ok');
      expect(await subject.holds(2)).toBe(true);
      await subject.store(1);
      await subject.store(3);
      await subject.store(4);
      expect(await subject.sync()).toEqual(OK);
      expect(await subject.lengths()).toEqual(MIXED.map((file) => file.length));
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
    });

    test('a file that is no longer wanted keeps what it has', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      await subject.storeAll();
      subject.storage.select(MIXED.map(() => false));
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
      subject.storage.select(MIXED.map(() => true));
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
    });

    test('what a storage keeps, aside or not, the next one of the same layout finds', async () => {
      const sample = sampleOf(world.root, MIXED);
      const first = open(sample);
      const wanted = MIXED.map((_, index) => index !== 0);
      first.storage.select(wanted);
      await first.storeAll();
      await first.close();
      const second = open(sample);
      second.storage.select(wanted);
      expect(await second.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
    });

    test('merkle roots of files of all awkward lengths (BEP 52, piece layers)', async () => {
      const lengths = [1, BLOCK, BLOCK + 1, PIECE, PIECE + 1, 3 * PIECE + BLOCK - 1, 5];
      const sample = sampleOf(world.root, aligned(lengths), 'merkle');
      const subject = open(sample);
      await subject.storeAll();
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
      for (let piece = 0; piece < sample.pieces; piece++) {
        expect(await subject.store(piece, flipped(sample.piece(piece), 0))).toEqual({ type: 'corrupt' });
      }
    });

    test('merkle roots of large pieces have as many leaves as the piece, also at the end of a file', async () => {
      const sample = sampleOf(world.root, [{ length: 8 * BLOCK + 2 * BLOCK + 1 }], 'merkle', 8 * BLOCK);
      const small = sampleOf(world.root, [{ length: 2 * BLOCK + 1, path: ['small'] }], 'merkle', 8 * BLOCK);
      const subject = open(sample);
      await subject.storeAll();
      expect(await subject.checkAll()).toEqual(['ok', 'ok']);
      const other = open(small);
      await other.storeAll();
      expect(await other.checkAll()).toEqual(['ok']);
    });

    test('a layout with both hashes believes neither alone', async () => {
      const sample = sampleOf(world.root, aligned([PIECE, PIECE]), 'both');
      const { layout } = sample;
      const wrongMerkle = { ...sample, layout: { ...layout, merkle: flipped(layout.merkle!, 3) } };
      expect(await open(wrongMerkle).store(0)).toEqual({ type: 'corrupt' });
      const wrongSha1 = { ...sample, layout: { ...layout, sha1: flipped(layout.sha1!, 3) } };
      expect(await open(wrongSha1).store(0)).toEqual({ type: 'corrupt' });
      expect(await open(sample).store(0)).toEqual(OK);
    });

    test('digest tells the hashes that were asked for, of a layout that has none', async () => {
      const files = aligned([PIECE + 5, 3]);
      const sample = sampleOf(world.root, files, 'both');
      await open(sample).storeAll();
      const subject = open(sampleOf(world.root, files, 'none'));
      for (let piece = 0; piece < sample.pieces; piece++) {
        const expected = {
          sha1: sample.layout.sha1!.slice(20 * piece, 20 * piece + 20),
          merkle: sample.layout.merkle!.slice(32 * piece, 32 * piece + 32),
        };
        expect(await subject.digest(piece, { sha1: true, merkle: true })).toEqual({ type: 'digest', ...expected });
        const { sha1: only } = expected;
        expect(await subject.digest(piece, { sha1: true, merkle: false })).toEqual({ type: 'digest', sha1: only });
      }
    });

    test('digest of what is not there is missing', async () => {
      const subject = open(sampleOf(world.root, MIXED, 'none'));
      expect(describeOutcome(await subject.digest(0, { sha1: true, merkle: false }))).toBe('missing');
    });

    test('many jobs at once: each has one outcome, and the right one', async () => {
      const sample = sampleOf(world.root, [{ length: 60 * PIECE + 5 }, { length: 3 }]);
      const subject = open(sample);
      const jobs = Array.from({ length: sample.pieces }, (_, piece) =>
        subject.store(piece, piece % 3 === 0 ? flipped(sample.piece(piece), 1) : sample.piece(piece)),
      );
      const outcomes = (await Promise.all(jobs)).map(describeOutcome);
      expect(outcomes).toEqual(outcomes.map((_, piece) => (piece % 3 === 0 ? 'corrupt' : 'ok')));
      const loads = await Promise.all(outcomes.map((_, piece) => subject.holds(piece)));
      expect(loads).toEqual(outcomes.map((_, piece) => piece % 3 !== 0));
    });

    test('slots need not be shared memory', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample, plainSlots(PIECE));
      await subject.storeAll();
      expect(await subject.holds(1)).toBe(true);
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
    });

    test('two storages do not disturb each other', async () => {
      const one = sampleOf(world.root, [{ length: PIECE + 1, path: ['one'] }]);
      const two = sampleOf(world.root, [{ length: PIECE + 2, path: ['two'] }]);
      const [first, second] = [open(one), open(two)];
      await Promise.all([first.storeAll(), second.storeAll()]);
      await first.remove();
      expect(await first.checkAll()).toEqual(['missing', 'missing']);
      expect(await second.checkAll()).toEqual(['ok', 'ok']);
    });

    test('remove deletes what was stored, kept aside or not', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      subject.storage.select(MIXED.map((_, index) => index !== 4));
      await subject.storeAll();
      expect(await subject.remove()).toEqual(OK);
      expect(await subject.stat()).toEqual(MIXED.map(() => undefined));
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('missing'));
    });

    test('remove of what was never there is no failure', async () => {
      expect(await open(sampleOf(world.root, MIXED)).remove()).toEqual(OK);
    });

    test('close comes after the jobs that were under way', async () => {
      const sample = sampleOf(world.root, [{ length: 20 * PIECE }]);
      const subject = open(sample);
      const order: string[] = [];
      const jobs = Array.from({ length: 20 }, (_, piece) =>
        subject.ask<StorageOutcome>((done) => {
          const slot = subject.slots.take()!;
          subject.slots.bytes(slot).set(sample.piece(piece));
          subject.storage.store(piece, slot, (outcome) => {
            order.push(outcome.type);
            done(outcome);
          });
        }),
      );
      await subject.close();
      order.push('closed');
      await Promise.all(jobs);
      expect(order).toEqual([...Array(20).fill('ok'), 'closed']);
    });

    test('a closed storage answers every question with a failure', async () => {
      const sample = sampleOf(world.root, MIXED);
      const subject = open(sample);
      await subject.storeAll();
      await subject.close();
      expect((await subject.check(0)).type).toBe('failed');
      expect((await subject.store(0)).type).toBe('failed');
      expect((await subject.sync()).type).toBe('failed');
      expect(await subject.stat()).toEqual(MIXED.map(() => undefined));
    });

    test('a piece number that does not exist is a RangeError', () => {
      const sample = sampleOf(world.root, MIXED);
      const { storage } = open(sample);
      for (const piece of [-1, sample.pieces, 0.5, Number.NaN]) {
        expect(() => storage.check(piece, () => {})).toThrow(RangeError);
      }
    });

    test('any layout, any order, any selection: what was stored is there', async () => {
      const files = fc.array(fc.nat({ max: 3 * BLOCK }), { minLength: 1, maxLength: 8 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          files,
          fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
          fc.nat(),
          async (lengths, flags, turn) => {
            const folder = `run-${run++}`;
            const sample = sampleOf(
              world.root,
              lengths.map((length, index) => ({ length, path: [folder, `${index}`] })),
            );
            const subject = open(sample);
            subject.storage.select(lengths.map((_, index) => flags[index]!));
            for (let i = 0; i < sample.pieces; i++) {
              if (i === sample.pieces >> 1) subject.storage.select(lengths.map((_, index) => flags[8 + index]!));
              expect(await subject.store((i * 7 + turn) % sample.pieces)).toEqual(OK);
            }
            for (let i = 0; i < sample.pieces; i++) {
              const piece = (i * 7 + turn) % sample.pieces;
              expect(await subject.holds(piece)).toBe(true);
            }
          },
        ),
        { numRuns: contract.runs ?? 30 },
      );
    });
  });
}

export function storageFilesContract(
  contract: StorageContract<StorageWorld & { readonly outside: OutsideFiles }>,
): void {
  describe(`${contract.name}, seen from outside`, () => {
    let world: StorageWorld & { readonly outside: OutsideFiles };
    let sample: Sample;
    let subject: Subject;
    beforeEach(async () => {
      world = await contract.make();
      sample = sampleOf(world.root, MIXED);
      subject = new Subject(world, sample);
    });
    afterEach(async () => {
      await subject.close();
      await world.close?.();
    });
    const path = (index: number) => MIXED[index]!.path!;
    const isWhole = (index: number) => {
      const found = world.outside.read(path(index));
      return found !== undefined && equalBytes(found, sample.file(index));
    };

    test('every file has its bytes under its path', async () => {
      await subject.storeAll();
      await subject.sync();
      expect(MIXED.map((_, index) => isWhole(index))).toEqual(MIXED.map(() => true));
    });

    test('a corrupt piece makes no file', async () => {
      expect(await subject.store(0, flipped(sample.piece(0), 5))).toEqual({ type: 'corrupt' });
      expect(await subject.stat()).toEqual(MIXED.map(() => undefined));
      expect(world.outside.read(path(0))).toBeUndefined();
    });

    test('files that were there before are found', async () => {
      for (const index of MIXED.keys()) world.outside.write(path(index), sample.file(index));
      expect(await subject.checkAll()).toEqual(Array(sample.pieces).fill('ok'));
      expect(await subject.lengths()).toEqual(MIXED.map((file) => file.length));
    });

    test('a changed byte is corrupt in the piece that has it, and only there', async () => {
      await subject.storeAll();
      world.outside.write(path(3), flipped(sample.file(3), PIECE));
      expect(await subject.checkAll()).toEqual(['ok', 'corrupt', 'ok', 'ok', 'ok'].slice(0, sample.pieces));
    });

    test('a file that vanished is missing, though it had been open', async () => {
      await subject.storeAll();
      expect(await subject.holds(1)).toBe(true);
      world.outside.delete(path(3));
      expect(describeOutcome((await subject.load(1)) as StorageOutcome)).toBe('missing');
      expect(describeOutcome(await subject.check(1))).toBe('missing');
      expect((await subject.stat())[3]).toBeUndefined();
    });

    test('a file that was shortened is short where it ends', async () => {
      await subject.storeAll();
      world.outside.write(path(3), sample.file(3).subarray(0, PIECE));
      expect(describeOutcome(await subject.check(0))).toBe('ok');
      expect(describeOutcome(await subject.check(1))).toBe('short');
      expect(describeOutcome((await subject.load(1)) as StorageOutcome)).toBe('short');
      expect((await subject.lengths())[3]).toBe(PIECE);
    });

    test('a write to a file that vanished is noticed, or makes the file anew', async () => {
      await subject.storeAll();
      world.outside.delete(path(3));
      const outcome = describeOutcome(await subject.store(1));
      expect(['ok', 'missing']).toContain(outcome);
      expect(world.outside.read(path(3)) !== undefined).toBe(outcome === 'ok');
    });

    test('a wanted file that was deleted is not answered from what was kept aside', async () => {
      subject.storage.select(MIXED.map((_, index) => index !== 4));
      await subject.storeAll();
      world.outside.delete(path(3));
      expect(describeOutcome((await subject.load(2)) as StorageOutcome)).toBe('missing');
    });

    test('an unwanted file, its folder too, is not created', async () => {
      subject.storage.select(MIXED.map((_, index) => index === 0));
      await subject.store(0);
      await subject.sync();
      expect(isWhole(0)).toBe(true);
      expect(world.outside.folderExists(['b'])).toBe(false);
    });

    test('remove takes the folders that become empty, and nothing of others', async () => {
      await subject.storeAll();
      world.outside.write(['b', 'mine'], new Uint8Array(3));
      await subject.remove();
      expect(world.outside.read(['b', 'mine'])).toEqual(new Uint8Array(3));
      expect(world.outside.folderExists(['b', 'c'])).toBe(false);
      expect(world.outside.read(['a'])).toBeUndefined();
    });
  });
}
