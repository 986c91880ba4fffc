import { expect, test } from 'vitest';
import { announcerLimits } from '../src/announce-job.ts';
import { Bench, HOUR, LEECHING, MINUTE, SECOND, SEEDING } from './announcer-world.ts';

const A = 'http://a.example/announce';
const B = 'http://b.example/announce';
const C = 'udp://c.example:6969';

function started(tiers: string[][] = [[A]]): Bench {
  const bench = new Bench({ tiers });
  bench.announcer.start(LEECHING);
  return bench;
}

test('BEP 3, trackers: the first announce says started and how much is left; later ones say nothing', () => {
  const bench = started();
  const first = bench.job();
  expect(first).toMatchObject({ url: A, event: 'started', ...LEECHING, numWant: announcerLimits.numWant });
  bench.answer(first, 900);
  bench.announcer.update({ uploaded: 5, downloaded: 6, left: 7 });
  expect(bench.until(899 * SECOND)).toEqual([]);
  expect(bench.until(900 * SECOND)).toMatchObject([{ url: A, event: undefined, uploaded: 5, downloaded: 6, left: 7 }]);
});

test('BEP 7, announcing: the key has 32 bits and is the same for every tracker and family', () => {
  const bench = new Bench({ tiers: [[A], [B]], families: [4, 6] }, 3);
  bench.announcer.start(LEECHING);
  const [four, six] = bench.jobs();
  bench.fail(four!);
  bench.fail(six!);
  const keys = [four!, six!, ...bench.jobs()].map((job) => job.key);
  expect(keys.length).toBe(4);
  expect(new Set(keys)).toEqual(new Set([bench.announcer.key]));
  expect(bench.announcer.key).toBeGreaterThan(0xffff);
});

test('BEP 7, announcing: each family hears started, completed and stopped for itself', () => {
  const bench = new Bench({ tiers: [[A]], families: [4, 6] });
  const said: string[] = [];
  const hear = () => {
    for (const job of bench.jobs()) {
      said.push(`${job.family} ${job.event}`);
      bench.answer(job);
    }
  };
  bench.announcer.start(LEECHING);
  hear();
  bench.announcer.complete(SEEDING);
  hear();
  bench.announcer.stop();
  hear();
  expect(said).toEqual(['4 started', '6 started', '4 completed', '6 completed', '4 stopped', '6 stopped']);
});

test('BEP 12, order of processing: each tier is shuffled once, and the tiers keep their order', () => {
  const orders = new Set<string>();
  for (let seed = 1; seed < 60; seed++) {
    const bench = new Bench({ tiers: [[A, B, C], ['http://d.example/announce']] }, seed);
    bench.announcer.start(LEECHING);
    const order: string[] = [];
    for (let i = 0; i < 4; i++) {
      const job = bench.job();
      order.push(job.url);
      bench.fail(job);
    }
    expect(order[3]).toBe('http://d.example/announce');
    orders.add(order.slice(0, 3).join());
  }
  expect(orders.size).toBe(6);
});

test('BEP 12, order of processing: on each announce the first tier is tried first again', () => {
  const bench = started([[A], [B], [C]]);
  bench.fail(bench.job());
  const backup = bench.job();
  expect(backup).toMatchObject({ url: B, event: 'started' });
  bench.answer(backup);
  expect(bench.until(1800 * SECOND)).toMatchObject([{ url: A, event: 'started' }]);
});

test('BEP 12, order of processing: who answers moves to the front of its tier', () => {
  const bench = started([[A, B, C]]);
  const first = bench.job();
  bench.fail(first);
  const next = bench.job();
  bench.answer(next, 60);
  const [again] = bench.until(2 * MINUTE);
  expect(again!.url).toBe(next.url);
  bench.fail(again!);
  expect(bench.job().url).toBe(first.url);
});

test('BEP 12: when all have failed, they are tried again after a growing, spread wait', () => {
  const bench = started([[A]]);
  const waits: number[] = [];
  let job = bench.job();
  for (let i = 0; i < 12; i++) {
    const before = bench.world.time;
    bench.fail(job);
    expect(bench.jobs()).toEqual([]);
    job = bench.until(bench.announcer.deadline)[0]!;
    waits.push(bench.world.time - before);
  }
  for (const [i, wait] of waits.entries()) {
    const nominal = Math.min(announcerLimits.retryMs * 2 ** i, announcerLimits.retryMaxMs);
    expect(wait).toBeGreaterThanOrEqual(0.75 * nominal);
    expect(wait).toBeLessThanOrEqual(1.25 * nominal);
  }
  expect(job.event).toBe('started');
});

test('BEP 31: retry in so many minutes, counted from the failure', () => {
  const bench = started();
  bench.fail(bench.job(), 90);
  expect(bench.until(90 * MINUTE - 1)).toEqual([]);
  expect(bench.until(90 * MINUTE)).toMatchObject([{ url: A, event: 'started' }]);
});

test('BEP 31: never means never, not even for a farewell', () => {
  const bench = started();
  bench.answer(bench.job());
  const [second] = bench.until(HOUR / 2);
  bench.fail(second!, 'never');
  expect(bench.announcer.deadline).toBe(Number.POSITIVE_INFINITY);
  bench.announcer.needPeers();
  bench.announcer.complete(SEEDING);
  expect(bench.until(1000 * HOUR)).toEqual([]);
  bench.announcer.stop();
  expect(bench.until(1001 * HOUR)).toEqual([]);
  expect(bench.events.at(-1)).toEqual({ type: 'stopped' });
});

test('BEP 31: a tracker that asks for years is asked again within a week', () => {
  const bench = started();
  bench.fail(bench.job(), 10_000_000);
  expect(bench.until(announcerLimits.retryInMaxMs)).toMatchObject([{ url: A }]);
});

test('BEP 3, trackers: completed is said once, at once, to the tracker that knew us as incomplete', () => {
  const bench = started();
  bench.answer(bench.job());
  bench.announcer.complete(SEEDING);
  bench.announcer.complete(SEEDING);
  const job = bench.job();
  expect(job).toMatchObject({ url: A, event: 'completed', left: 0 });
  bench.answer(job);
  expect(bench.until(HOUR / 2).map(({ event }) => event)).toEqual([undefined]);
});

test('BEP 3, trackers: completed waits for the answer to started', () => {
  const bench = started();
  const first = bench.job();
  bench.announcer.complete(SEEDING);
  expect(bench.jobs()).toEqual([]);
  bench.answer(first);
  expect(bench.job()).toMatchObject({ event: 'completed', left: 0 });
});

test('BEP 3, trackers: completed is repeated until a tracker has heard it', () => {
  const bench = started();
  bench.answer(bench.job());
  bench.announcer.complete(SEEDING);
  bench.fail(bench.job());
  expect(bench.until(MINUTE)).toMatchObject([{ event: 'completed' }]);
});

test('BEP 3, trackers: no completed if the file was complete at the start', () => {
  const bench = new Bench({ tiers: [[A]] });
  bench.announcer.start(SEEDING);
  const first = bench.job();
  expect(first).toMatchObject({ event: 'started', left: 0 });
  bench.answer(first);
  bench.announcer.complete(SEEDING);
  expect(bench.jobs()).toEqual([]);
});

test('BEP 3, trackers: a tracker that we come to as a seed hears started, and no completed', () => {
  const bench = started([[A], [B]]);
  bench.answer(bench.job(), 60);
  bench.announcer.complete(SEEDING);
  bench.answer(bench.job(), 60);
  bench.fail(bench.until(MINUTE)[0]!);
  const moved = bench.job();
  expect(moved).toMatchObject({ url: B, event: 'started', left: 0 });
  bench.answer(moved, 60);
  expect(bench.until(2 * MINUTE)[0]!.event).toBeUndefined();
});

test('BEP 21: a partial seed says paused on every announce between its events', () => {
  const bench = started();
  bench.answer(bench.job(), 60);
  bench.announcer.update({ ...LEECHING, uploadOnly: true });
  expect(bench.until(MINUTE)).toMatchObject([{ event: 'paused', left: 1000 }]);
});

test('BEP 21: who has only what was selected is a partial seed, and completes nothing', () => {
  const bench = started();
  bench.answer(bench.job(), 60);
  bench.announcer.complete({ ...LEECHING, uploadOnly: true });
  expect(bench.jobs()).toEqual([]);
  expect(bench.until(MINUTE)).toMatchObject([{ event: 'paused', left: 1000 }]);
});

test('stop: every tracker that knows us hears it once, no peers are wanted, and then it is over', () => {
  const bench = started([[A], [B]]);
  bench.answer(bench.job(), 60);
  bench.fail(bench.until(MINUTE)[0]!);
  bench.answer(bench.job(), 1800);
  bench.announcer.stop({ uploaded: 1, downloaded: 2, left: 3 });
  const farewells = bench.jobs();
  expect(farewells.map(({ url, event, numWant, left }) => [url, event, numWant, left])).toEqual([
    [A, 'stopped', 0, 3],
    [B, 'stopped', 0, 3],
  ]);
  bench.answer(farewells[0]!);
  expect(bench.events.at(-1)?.type).not.toBe('stopped');
  bench.fail(farewells[1]!);
  expect(bench.events.at(-1)).toEqual({ type: 'stopped' });
  expect(bench.announcer.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('stop: a dead tracker holds nobody back for longer than the farewell', () => {
  const bench = started();
  bench.answer(bench.job());
  bench.announcer.stop();
  const { id } = bench.job();
  bench.world.time = bench.announcer.deadline;
  expect(bench.world.time).toBe(announcerLimits.farewellMs);
  expect(bench.announcer.tick()).toEqual([{ type: 'stopped' }]);
  expect(bench.announcer.flush()).toEqual([{ type: 'cancel', id }]);
});

test('stop: an announce on its way is cancelled; a tracker that may have heard started hears stopped', () => {
  const bench = started([[A], [B]]);
  const first = bench.job();
  bench.announcer.stop();
  const [cancel, farewell] = bench.announcer.flush();
  expect(cancel).toEqual({ type: 'cancel', id: first.id });
  expect(farewell).toMatchObject({ url: A, event: 'stopped' });
  bench.answer(first);
  expect(bench.events).toEqual([]);
});

test('stop: with nobody to tell it is over at once', () => {
  const bench = started();
  bench.fail(bench.job());
  bench.announcer.stop();
  expect(bench.announcer.deadline).toBe(bench.world.time);
  expect(bench.announcer.tick()).toEqual([{ type: 'stopped' }]);
});

test('after a stop, a new start says started again, with what is left then', () => {
  const bench = started();
  bench.answer(bench.job());
  bench.announcer.stop();
  bench.answer(bench.job());
  bench.announcer.start({ ...LEECHING, left: 400 });
  expect(bench.job()).toMatchObject({ url: A, event: 'started', left: 400 });
});

test.each([
  ['an interval', 900, undefined, 900 * SECOND],
  ['no interval', undefined, undefined, announcerLimits.intervalMs],
  ['an interval of zero', 0, undefined, announcerLimits.intervalMinMs],
  ['an interval of years', 10 ** 9, undefined, announcerLimits.intervalMaxMs],
  ['a minimum above the interval', 60, 600, 600 * SECOND],
])('BEP 3, trackers: the next announce with %s', (_, interval, minimum, expected) => {
  const bench = started();
  const first = bench.job();
  bench.tell({ id: first.id, type: 'answer', interval, minInterval: minimum, trackerId: undefined });
  expect(bench.announcer.deadline).toBe(expected);
});

test.each([
  ['its minimum interval', 120, 120 * SECOND],
  ['a minimum that is too short', 1, announcerLimits.intervalMinMs],
  ['no minimum', undefined, announcerLimits.earlyMs],
  ['a minimum as long as the interval', 1800, 1800 * SECOND],
])('BEP 3, trackers: peers are needed: an early announce respects %s', (_, minimum, expected) => {
  const bench = started();
  bench.answer(bench.job(), 1800, minimum);
  bench.world.time = 10 * SECOND;
  bench.announcer.needPeers();
  expect(bench.announcer.deadline).toBe(expected);
  bench.announcer.needPeers();
  expect(bench.until(expected).length).toBe(1);
});

test('peers that are needed late are asked for at once', () => {
  const bench = started();
  bench.answer(bench.job(), 1800, 60);
  bench.world.time = 10 * MINUTE;
  bench.announcer.needPeers();
  expect(bench.until(10 * MINUTE).length).toBe(1);
});

test('a tracker id comes back with later announces, to its own tracker', () => {
  const bench = started([[A], [B]]);
  bench.answer(bench.job(), 60, undefined, 'id of a');
  const [second] = bench.until(MINUTE);
  expect(second).toMatchObject({ url: A, trackerId: 'id of a' });
  bench.fail(second!);
  expect(bench.job()).toMatchObject({ url: B, trackerId: undefined });
});

test('a job without an outcome is cancelled and counts as failed', () => {
  const bench = started([[A], [B]]);
  const { id } = bench.job();
  bench.world.time = bench.announcer.deadline;
  expect(bench.world.time).toBe(announcerLimits.jobMs);
  expect(bench.announcer.tick()).toMatchObject([{ type: 'failed', url: A }]);
  expect(bench.announcer.flush()).toMatchObject([{ type: 'cancel', id }, { url: B }]);
  expect(bench.announcer.receive({ id, type: 'error', reason: 'late' })).toEqual([]);
});

test('BEP 27: one tracker at a time, and a move to another is told', () => {
  const bench = new Bench({ tiers: [[A], [B]], private: true, families: [4, 6] });
  bench.announcer.start(LEECHING);
  const first = bench.job();
  expect(first).toMatchObject({ url: A, family: 4 });
  bench.answer(first, 60);
  const follower = bench.job();
  expect(follower).toMatchObject({ url: A, family: 6 });
  bench.fail(follower);
  expect(bench.jobs()).toEqual([]);
  const [six, four] = bench.until(MINUTE);
  expect([six!.url, six!.family, four!.url, four!.family]).toEqual([A, 6, A, 4]);
  bench.fail(four!);
  bench.answer(bench.job(), 60);
  expect(bench.announcer.flush()).toMatchObject([
    { type: 'cancel', id: six!.id },
    { url: B, family: 6 },
  ]);
  expect(bench.events.filter(({ type }) => type === 'tracker-changed')).toEqual([
    { type: 'tracker-changed', url: B, family: 4, from: A },
  ]);
});

test('BEP 27: coming back to a tracker does not make a family ask it within its minimum interval', () => {
  const bench = new Bench({ tiers: [[A], [B]], private: true, families: [4, 6] });
  bench.announcer.start(LEECHING);
  bench.answer(bench.job(), 60);
  bench.answer(bench.job(), 3600, 3600);
  bench.fail(bench.until(MINUTE)[0]!);
  bench.answer(bench.job(), 60);
  bench.fail(bench.job());
  const back = bench.until(2 * MINUTE).find(({ family }) => family === 4);
  expect(back).toMatchObject({ url: A });
  bench.answer(back!, 7200);
  expect(bench.until(HOUR - 1)).toEqual([]);
  expect(bench.until(HOUR)).toMatchObject([{ url: A, family: 6, event: undefined }]);
});

test('BEP 12: tiers that come later are walked when nothing has answered yet; known URLs are left out', () => {
  const bench = started([[A]]);
  bench.fail(bench.job());
  bench.announcer.add([[A], [B]]);
  expect(bench.until(bench.world.time)).toMatchObject([{ url: B, event: 'started' }]);
});

test('no more trackers than the limit are asked', () => {
  const tiers = Array.from({ length: 1000 }, (_, i) => [`http://t${i}.example/announce`]);
  const bench = started(tiers);
  let asked = 0;
  for (let jobs = bench.jobs(); jobs.length > 0; jobs = bench.jobs()) {
    asked++;
    bench.fail(jobs[0]!, 'never');
  }
  expect(asked).toBe(announcerLimits.trackers);
});

test('without trackers there is nothing to do, and stopping works', () => {
  const bench = started([]);
  expect(bench.announcer.deadline).toBe(Number.POSITIVE_INFINITY);
  bench.announcer.stop();
  expect(bench.announcer.tick()).toEqual([{ type: 'stopped' }]);
});
