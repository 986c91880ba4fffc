/** The runner: gates, repeats, crashes, targets that are not sane. The target is the reference UDP tracker. */
import { afterEach, expect, test } from 'vitest';
import { caseMaker, type Declaration } from '../src/case.ts';
import { trackerUdp } from '../src/cases/tracker-udp/index.ts';
import type { Context, Patience } from '../src/context.ts';
import type { Family } from '../src/family.ts';
import { budgetMs } from '../src/runner/attempt.ts';
import { calibrate, silenceAfter } from '../src/runner/calibrate.ts';
import { NotSane, type RunOptions, run, type Verdict } from '../src/runner/run.ts';
import { select } from '../src/runner/select.ts';
import type { Target } from '../src/target/target.ts';

const patience: Patience = { replyMs: 1_000, quietMs: 25 };
const open: Target[] = [];
afterEach(async () => {
  for (const target of open.splice(0)) await target.close();
});

async function reference(...bugs: string[]): Promise<Target> {
  const target = await trackerUdp.reference.open(new Set(bugs));
  open.push(target);
  return target;
}

/** The family with other cases. */
function familyOf(...declarations: readonly Partial<Declaration<Context>>[]): Family {
  const make = caseMaker('udp', () => ({}));
  const usual = { id: 'bep15.tracker.connect', title: '', section: '', killedBy: {}, run: async () => {} };
  return { ...trackerUdp, cases: declarations.map((each) => make({ ...usual, ...each })) };
}

async function verdictsOf(
  family: Family,
  target: Target,
  options: Partial<RunOptions> = {},
): Promise<readonly Verdict[]> {
  return run(select([family], {}, target), target, { seed: '1', patience, ...options });
}

test('a case that fails now and then is flaky, never green', async () => {
  let asked = 0;
  const family = familyOf({ run: async ({ expect: rule }) => rule(asked++ % 2, 'the answer').is(1) });
  const [verdict] = await verdictsOf(family, await reference());
  expect(verdict).toMatchObject({ outcome: 'flaky', attempts: ['fail', 'pass', 'fail'], actual: '0' });
});

test('a case that is red as expected is not asked again', async () => {
  let asked = 0;
  const family = familyOf({ run: async ({ expect: rule }) => rule(++asked, 'the answer').is(8) });
  const expected = { 'bep15.tracker.connect': { want: 'fail' } } as const;
  expect((await verdictsOf(family, await reference(), { expected }))[0]).toMatchObject({ outcome: 'fail' });
  expect(asked).toBe(1);
});

test('what is kept of a flaky case is a red attempt, also where the last one passed', async () => {
  let asked = 0;
  const family = familyOf({ run: async ({ expect: rule }) => rule(asked++, 'the answer').atLeast(1) });
  const [verdict] = await verdictsOf(family, await reference());
  expect(verdict).toMatchObject({ outcome: 'flaky', attempts: ['fail', 'pass', 'pass'], actual: '0' });
});

test('what the suite could not judge in company is asked again alone', async () => {
  let asked = 0;
  const family = familyOf({
    run: async () => {
      if (asked++ === 0) throw new TypeError('out of time');
    },
  });
  expect((await verdictsOf(family, await reference()))[0]).toMatchObject({ outcome: 'pass' });
});

test('a case that fails three times of three is red, and says what was expected', async () => {
  const family = familyOf({ run: async ({ expect: rule }) => rule(7, 'the answer').is(8) });
  const [verdict] = await verdictsOf(family, await reference());
  expect(verdict).toMatchObject({ outcome: 'fail', expected: 'the answer: 8', actual: '7', seed: '1.2' });
});

test('an exception that is no finding is the fault of the suite', async () => {
  const family = familyOf({ run: () => Promise.reject(new TypeError('oops')) });
  const [verdict] = await verdictsOf(family, await reference());
  expect(verdict).toMatchObject({ outcome: 'harness-error' });
});

test('an outcome that is not declared is the fault of the suite', async () => {
  const family = familyOf({ alternatives: { good: 'pass' }, run: async ({ outcome }) => outcome('odd') });
  expect((await verdictsOf(family, await reference()))[0]).toMatchObject({ outcome: 'harness-error' });
});

test('a target that is gone after a case has crashed, and what follows is not asked', async () => {
  const target = await reference();
  const family = familyOf(
    {
      async run({ expect: rule }) {
        await target.close();
        rule(1, 'the answer').is(2);
      },
    },
    { id: 'bep15.tracker.connect-long', run: () => Promise.reject(new Error('asked')) },
  );
  const verdicts = await verdictsOf(family, target, { jobs: 1, patience: { replyMs: 60, quietMs: 10 } });
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['crash', 'crash']);
  expect(verdicts[1]!.message).toContain('not asked');
  open.length = 0;
});

test('behind a gate that does not pass, cases are unimplemented', async () => {
  const family = familyOf(
    { run: async ({ unsupported }) => unsupported('not here') },
    { id: 'bep15.tracker.connect-long', gate: 'bep15.tracker.connect', run: () => Promise.reject(new Error('asked')) },
  );
  const [gate, behind] = await verdictsOf(family, await reference());
  expect(gate!.outcome).toBe('unimplemented');
  expect(behind).toMatchObject({ outcome: 'unimplemented', message: expect.stringContaining('not here') });
});

test('what a target says it does not support is not asked', async () => {
  const target = { ...(await reference()), unsupported: { 'bep15.*': 'HTTP only' } };
  const [verdict] = await verdictsOf(familyOf({ run: () => Promise.reject(new Error('asked')) }), target);
  expect(verdict).toMatchObject({ outcome: 'unimplemented', message: 'the target says: HTTP only' });
});

test('a case that only records is info, whatever it finds', async () => {
  const family = familyOf({
    id: 'bep3.tracker.duplicate-params',
    run: async ({ observe }) => observe('which', 'first'),
  });
  const [verdict] = await verdictsOf(family, await reference());
  expect(verdict).toMatchObject({ outcome: 'info', observed: { which: 'first' } });
});

test('a target that fails the canary is not judged at all', async () => {
  const target = await reference('no-options', 'connect-fields-swapped');
  const chosen = select([trackerUdp], { ids: ['bep15.tracker.connect'] }, target);
  await expect(run(chosen, target, { seed: '1' })).rejects.toThrow(NotSane);
});

test('a canary that was not answered is sent again before the target is given up', async () => {
  let asked = 0;
  const canary: Family['canary'] = async ({ expect: rule }) => rule(++asked, 'the answer').atLeast(2);
  const target = await reference();
  await expect(calibrate([{ ...trackerUdp, canary }], target, 'seed')).resolves.toMatchObject({ replyMs: 5_000 });
  expect(asked).toBe(2);
});

test('the same seed makes the same bytes', async () => {
  const sent = async () => {
    const target = await reference();
    const chosen = select([trackerUdp], { ids: ['bep15.tracker.announce-lists-peer'] }, target);
    const [verdict] = await run(chosen, target, { seed: 'seven', patience });
    const requests = verdict!.timeline.filter(
      ({ direction, what }) => direction === 'sent' && what.startsWith('connect'),
    );
    return requests.map(({ hex }) => hex);
  };
  expect(await sent()).toEqual(await sent());
});

test('a silence is ten times the slowest answer, and at least three times it where that is slow', () => {
  expect([5, 100, 1_000, 2_000].map(silenceAfter)).toEqual([300, 1_000, 3_000, 6_000]);
});

test('slow cases are asked where the clock is ours, and elsewhere only when wanted', async () => {
  const target = await reference();
  const { advance: _advance, ...clockless } = target;
  const ids = ['bep15.tracker.connection-id-*'];
  expect(select([trackerUdp], { ids }, target)).toHaveLength(5);
  expect(select([trackerUdp], { ids }, clockless)).toHaveLength(3);
  expect(select([trackerUdp], { ids, slow: true }, clockless)).toHaveLength(5);
});

test('a target may say that its answers take longer than was measured: then silence lasts longer, too', async () => {
  const target = await reference();
  const measured = await calibrate([trackerUdp], target, 'seed');
  const said = await calibrate([trackerUdp], { ...target, replyMs: 13_000 }, 'seed');
  expect(measured.replyMs).toBeLessThan(13_000);
  expect(said.replyMs).toBe(13_000);
  expect(measured.quietMs).toBeLessThan(2_000);
  expect(said.quietMs).toBe(2_600);
});

test('a case may last longer where each of its answers may', () => {
  const times = (replyMs: number) => budgetMs({ budget: 'normal' }, { replyMs, quietMs: 300 });
  expect([1_000, 5_000, 50_000].map(times)).toEqual([60_000, 60_000, 600_000]);
});
