/** A week of announces in virtual time, to trackers that answer, refuse, stay silent and change their minds (BEP 12, BEP 31). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AddressFamily } from '../../core/src/index.ts';
import { announcerLimits } from '../src/announce-job.ts';
import { type Announce, Bench, HOUR, LEECHING, SECOND, SEEDING } from './announcer-world.ts';

const WEEK = 7 * 24 * HOUR;

/** How a tracker behaves from some hour on. */
interface Mood {
  readonly fromHour: number;
  readonly kind: 'answers' | 'refuses' | 'silent' | 'unreachable';
  readonly interval: number;
  readonly minInterval: number | undefined;
  readonly retryIn: number | 'never' | undefined;
}

/** What one tracker has seen of us over one family. */
interface Seen {
  readonly accepted: (string | undefined)[];
  asked: number;
  /** Not to be asked before, whatever for; and not without an event. */
  notBefore: number;
  earliest: number;
  readonly joins: boolean[];
}

/** Runs an announcer against moody trackers and checks each job as it comes. */
class Week {
  readonly bench: Bench;
  readonly seen = new Map<string, Seen>();
  readonly #moods: readonly (readonly Mood[])[];
  readonly #running = new Map<number, { job: Announce; at: number }>();
  jobs = 0;
  lanes = 0;

  constructor(tiers: readonly number[], moods: readonly (readonly Mood[])[], families: AddressFamily[], seed: number) {
    let next = 0;
    const urls = tiers.map((size) => Array.from({ length: size }, () => `http://${next++}.example/announce`));
    this.bench = new Bench({ tiers: urls, families }, seed);
    this.#moods = moods;
    this.lanes = Math.max(1, families.length);
  }

  run(until: number): void {
    const { bench } = this;
    const { announcer, world } = bench;
    for (;;) {
      this.#take();
      const due = [...this.#running.values()].sort((a, b) => a.at - b.at)[0];
      const next = Math.min(due?.at ?? Number.POSITIVE_INFINITY, announcer.deadline);
      if (next > until) break;
      if (next < world.time) throw new Error('a deadline in the past');
      world.time = next;
      if (due !== undefined && due.at === next) this.#finish(due.job);
      else bench.events.push(...announcer.tick());
    }
    world.time = until;
  }

  #take(): void {
    for (const job of this.bench.announcer.flush()) {
      if (job.type === 'cancel') this.#running.delete(job.id);
      else {
        this.jobs++;
        this.#check(job);
        const mood = this.#moodOf(job);
        const delay = mood.kind === 'silent' ? Number.POSITIVE_INFINITY : this.bench.world.below(5) * SECOND;
        this.#running.set(job.id, { job, at: this.bench.world.time + delay });
      }
    }
    const announcing = [...this.#running.values()].filter(({ job }) => job.event !== 'stopped');
    if (announcing.length > this.lanes) throw new Error('more than one announce in a lane');
  }

  #moodOf({ url }: Announce): Mood {
    const hour = this.bench.world.time / HOUR;
    const moods = this.#moods[Number(/\d+/.exec(url)![0]) % this.#moods.length]!;
    return moods.findLast(({ fromHour }) => fromHour <= hour) ?? moods[0]!;
  }

  #placeOf({ url, family }: Announce): Seen {
    const key = `${url} ${family}`;
    let seen = this.seen.get(key);
    if (seen === undefined) {
      seen = { accepted: [], asked: 0, notBefore: 0, earliest: 0, joins: [] };
      this.seen.set(key, seen);
    }
    return seen;
  }

  #check(job: Announce): void {
    const seen = this.#placeOf(job);
    const now = this.bench.world.time;
    seen.asked++;
    if (job.event === 'stopped') return;
    if (now < seen.notBefore) throw new Error(`${job.url} is asked again too soon after a failure`);
    if (job.event === undefined && now < seen.earliest) throw new Error(`${job.url} is asked within its minimum`);
  }

  #finish(job: Announce): void {
    this.#running.delete(job.id);
    const { kind, interval, minInterval, retryIn } = this.#moodOf(job);
    const seen = this.#placeOf(job);
    const now = this.bench.world.time;
    const { id } = job;
    if (kind === 'answers') {
      seen.accepted.push(job.event);
      if (job.event === 'started') seen.joins.push(job.left > 0);
      const early = 1000 * (minInterval ?? Math.min(interval, announcerLimits.earlyMs / 1000));
      seen.earliest = now + Math.max(early, announcerLimits.intervalMinMs);
      seen.notBefore = 0;
      this.bench.tell({ id, type: 'answer', interval, minInterval, trackerId: undefined });
      return;
    }
    if (kind === 'refuses' && retryIn === 'never') seen.notBefore = Number.POSITIVE_INFINITY;
    else {
      const minutes = kind === 'refuses' && typeof retryIn === 'number' ? retryIn : 0;
      seen.notBefore = now + Math.max(0.75 * announcerLimits.retryMs - 1, minutes * 60_000);
    }
    if (kind === 'refuses') this.bench.tell({ id, type: 'failure', reason: 'no', retryIn });
    else this.bench.tell({ id, type: 'error', reason: 'unreachable' });
  }
}

const moods = fc
  .array(
    fc.record<Mood>({
      fromHour: fc.nat(160),
      kind: fc.constantFrom('answers', 'answers', 'refuses', 'silent', 'unreachable'),
      interval: fc.integer({ min: 300, max: 20_000 }),
      minInterval: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined }),
      retryIn: fc.constantFrom<(number | 'never' | undefined)[]>(undefined, 5, 600, 'never'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.toSorted((a, b) => a.fromHour - b.fromHour));

const scenarios = fc.record({
  tiers: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  moods: fc.array(moods, { minLength: 1, maxLength: 4 }),
  families: fc.constantFrom<AddressFamily[][]>([], [4], [4, 6]),
  seed: fc.nat(),
  completeAt: fc.option(fc.nat(160), { nil: undefined }),
  needs: fc.array(fc.nat(160), { maxLength: 20 }),
  stopAt: fc.integer({ min: 0, max: 168 }),
});

test('BEP 12, BEP 31: a week with any trackers: each hears its events once and in order, and is never asked too soon', () => {
  fc.assert(
    fc.property(scenarios, ({ tiers, moods: all, families, seed, completeAt, needs, stopAt }) => {
      const week = new Week(tiers, all, families, seed);
      const { announcer, events } = week.bench;
      announcer.start(LEECHING);
      const acts = [
        ...needs.map((hour) => ({ hour, run: () => announcer.needPeers() })),
        ...(completeAt === undefined ? [] : [{ hour: completeAt, run: () => announcer.complete(SEEDING) }]),
      ].sort((a, b) => a.hour - b.hour);
      for (const { hour, run } of acts.filter((act) => act.hour <= stopAt)) {
        week.run(hour * HOUR);
        run();
      }
      week.run(stopAt * HOUR);
      announcer.stop();
      week.run(stopAt * HOUR + announcerLimits.farewellMs);
      expect(events.filter(({ type }) => type === 'stopped').length).toBe(1);
      expect(announcer.deadline).toBe(Number.POSITIVE_INFINITY);
      for (const { accepted, joins } of week.seen.values()) {
        const said = accepted.filter((event) => event !== undefined);
        expect(said.join(' ')).toMatch(
          joins[0] === true ? /^started( completed)?( stopped)?$/ : /^(started)?( ?stopped)?$/,
        );
        if (said.length > 0 && said[0] !== 'stopped') expect(accepted[0]).toBe('started');
        if (said.includes('stopped')) expect(accepted.at(-1)).toBe('stopped');
      }
      // A place is asked every 300 s at most when it answers, and with a growing wait when it does not.
      expect(week.jobs).toBeLessThan(20 + needs.length + week.seen.size * (stopAt + 1) * 14);
    }),
    { numRuns: 60 },
  );
});

test('BEP 12: among dead trackers the one that lives is told of us all week, as often as it wishes', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 600, max: 7200 }),
      (seed, alive, interval) => {
        const mood = (kind: Mood['kind']): Mood[] => [
          { fromHour: 0, kind, interval, minInterval: undefined, retryIn: undefined },
        ];
        const dead = ['unreachable', 'silent', 'refuses', 'unreachable', 'silent'] as const;
        const all = dead.map((kind, i) => mood(i === alive ? 'answers' : kind));
        const week = new Week([2, 3], all, [], seed);
        week.bench.announcer.start(LEECHING);
        week.run(WEEK);
        const heard = week.seen.get(`http://${alive}.example/announce undefined`)!.accepted.length;
        // Before each announce up to four silent trackers of its tiers may have to time out.
        const cycle = interval * SECOND + 4 * announcerLimits.jobMs + 5 * 5 * SECOND;
        expect(heard).toBeGreaterThanOrEqual(Math.floor(WEEK / cycle));
        expect(heard).toBeLessThanOrEqual(Math.ceil(WEEK / (interval * SECOND)) + 1);
      },
    ),
    { numRuns: 25 },
  );
});

test('two weeks with the same seed are the same week', () => {
  const run = () => {
    const mood: Mood = { fromHour: 0, kind: 'unreachable', interval: 60, minInterval: 30, retryIn: undefined };
    const week = new Week([3, 3], [[mood], [mood, { ...mood, fromHour: 50, kind: 'answers' }]], [4, 6], 42);
    week.bench.announcer.start(LEECHING);
    week.run(WEEK / 2);
    return week.bench.events;
  };
  expect(run()).toEqual(run());
});
