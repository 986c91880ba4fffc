/** ferro-conformance explain: what one case is about, and what kills it. */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { catalogue } from '../catalogue.ts';
import { select } from '../runner/select.ts';
import { print, UsageError } from './output.ts';

export function explain(): Command {
  return new Command('explain').description('say what a case is about').argument('<id>').action(run);
}

function run(id: string): void {
  const facts = catalogue.get(id);
  if (facts === undefined) throw new UsageError(`${id} is not in the catalogue`);
  print(
    `${id}\n  level ${facts.level}${facts.ambiguous ? ', two readings possible' : ''}; roles ${facts.roles.join(', ')}`,
  );
  const [chosen] = select(families, { ids: [id], slow: true });
  if (chosen === undefined) return print('  not written yet');
  const { title, section, budget, means, gate, alternatives, killedBy } = chosen.case;
  print(
    `  ${title}\n  ${section}; ${budget}; asks over ${means}${gate === undefined ? '' : `; only if ${gate} passes`}`,
  );
  for (const [name, meaning] of Object.entries(alternatives)) print(`  ${name} is ${meaning}`);
  for (const [bug, outcome] of Object.entries(killedBy)) {
    print(`  a node that ${chosen.family.reference.bugs[bug]} gets ${outcome}`);
  }
}
