/** Do the cases see what a saboteur does to a healthy target? */
import { families } from '../cases/families.ts';
import { limits } from '../limits.ts';
import { attempt } from '../runner/attempt.ts';
import { select } from '../runner/select.ts';
import type { Target } from '../target/target.ts';
import { sabotages } from './sabotages.ts';
import { throughSaboteur } from './saboteur.ts';

/** What is wrong; an empty list is what is wanted. Cases that the target itself does not pass say nothing. */
export async function sabotageFaults(target: Target, seed: string): Promise<readonly string[]> {
  const healthy = new Set<string>();
  const faults: string[] = [];
  const ids = sabotages.flatMap(({ seenBy }) => Object.keys(seenBy));
  for (const { name, seenBy, ...sabotage } of sabotages) {
    const between = await throughSaboteur(target, sabotage);
    const asked = select(families, { ids: Object.keys(seenBy).length === 0 ? ids : Object.keys(seenBy) }, between);
    for (const { case: each, family } of asked) {
      const { id } = each.facts;
      const patience = { replyMs: 1_000, quietMs: limits.quietMs };
      const { outcome, message } = await attempt(each, family, { target: between, patience, seed: `${seed} ${name}` });
      const wanted = seenBy[id];
      if (wanted === undefined && outcome === 'pass') healthy.add(id);
      else if (wanted !== undefined && healthy.has(id) && outcome !== wanted) {
        faults.push(`${name}: ${id} has to give ${wanted}, and gives ${outcome} ${message ?? ''}`);
      }
    }
    await between.close();
  }
  if (healthy.size === 0) faults.push('the target passes none of the cases that a saboteur could turn red');
  return faults;
}
