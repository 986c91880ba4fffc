/** How long this target takes for a trivial answer, and so how long a silence has to last to mean something. */
import { makeContext, Notes, type Patience } from '../context.ts';
import type { Family } from '../family.ts';
import { Finding } from '../finding.ts';
import { limits } from '../limits.ts';
import { Random } from '../random.ts';
import type { Target } from '../target/target.ts';
import { Timeline } from '../timeline.ts';

/** Throws a Finding where the target does not answer even a canary, nor the next one: it never became sane. */
export async function calibrate(families: readonly Family[], target: Target, seed: string): Promise<Patience> {
  const patience: Patience = { replyMs: limits.replyMs, quietMs: limits.quietMs };
  let slowest = 0;
  for (const canary of new Set(families.map((family) => family.canary))) {
    await once(canary, target, patience, `${seed}/canary`).catch(async (error: unknown) => {
      if (!(error instanceof Finding)) throw error;
      await once(canary, target, patience, `${seed}/canary/again`);
    });
  }
  for (const control of new Set(families.map((family) => family.control))) {
    const until = performance.now() + limits.calibrationMs;
    for (let round = 0; round < limits.calibrations && performance.now() < until; round++) {
      const began = performance.now();
      await once(control, target, patience, `${seed}/calibrate/${round}`);
      slowest = Math.max(slowest, performance.now() - began);
    }
  }
  // An answer that is awaited costs no time where it comes, so it may take long; silence always lasts to its end.
  const replyMs = Math.max(limits.replyMs, target.replyMs ?? 0, Math.ceil(slowest * limits.quietFactor));
  // Who answers by a clock of its own is silent until that strikes.
  const quietMs = Math.max(silenceAfter(slowest), (target.replyMs ?? 0) / limits.quietShare);
  return { replyMs, quietMs };
}

/** Many times the slowest answer; where that is slow because the target works by the clock, a few times are as good. */
export function silenceAfter(slowestMs: number): number {
  const many = Math.min(limits.quietMostMs, slowestMs * limits.quietFactor);
  return Math.ceil(Math.max(limits.quietMs, many, slowestMs * limits.quietLeastFactor));
}

/** An exchange outside any case: a canary, or a control. */
export async function once(
  exchange: Family['control'],
  target: Target,
  patience: Patience,
  seed: string,
): Promise<void> {
  const notes = new Notes();
  const { signal } = new AbortController();
  const surroundings = { target, patience, signal, timeline: new Timeline(), random: new Random(seed) };
  try {
    await exchange(makeContext(surroundings, notes));
  } finally {
    await notes.close();
  }
}
