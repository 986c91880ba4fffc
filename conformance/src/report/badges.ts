/** `badge-<bep>.json`: what shields.io reads at an address. */
import type { Results } from './results.ts';

/** One badge a BEP: how many of the rules that can fail have passed. */
export function badges({ cases, set }: Results): ReadonlyMap<string, string> {
  const scored = cases.filter(({ unscored }) => unscored !== true);
  const graded = scored.filter(({ outcome }) => outcome !== 'info' && outcome !== 'unimplemented');
  const beps = [...new Set(graded.map(({ bep }) => bep))];
  return new Map(
    beps.map((bep) => {
      const own = graded.filter((each) => each.bep === bep);
      const passed = own.filter(({ outcome }) => outcome === 'pass').length;
      const failed = own.some(({ outcome }) => outcome === 'fail' || outcome === 'crash');
      const color = failed ? 'red' : passed === own.length ? 'brightgreen' : 'yellow';
      const label = bep.replace(/^bep/, 'BEP ');
      const message = `${passed}/${own.length}${set === undefined ? '' : ` · set ${set}`}`;
      return [`badge-${bep}.json`, JSON.stringify({ schemaVersion: 1, label, message, color })];
    }),
  );
}
