/** ferro-conformance coverage: how much of the catalogue is written, by BEP and by role. */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { catalogue, type Facts } from '../catalogue.ts';
import { freezeRequirements } from '../requirements.ts';
import { print, table } from './output.ts';

export function coverage(): Command {
  return new Command('coverage')
    .description('count the written cases, by BEP and by role')
    .option('--freeze <set>', 'write a requirement set of all that are written, in the checkout')
    .action(run);
}

function run({ freeze }: { readonly freeze?: string }): void {
  const written = new Set(families.flatMap((family) => family.cases.map((each) => each.facts.id)));
  if (freeze !== undefined) print(`${freezeRequirements(freeze, [...written])} cases are in the set ${freeze}`);
  const count = (name: string, facts: readonly Facts[]): readonly string[] => {
    const own = facts.filter(({ id }) => written.has(id));
    const first = facts.filter(({ tier1 }) => tier1);
    const ownFirst = first.filter(({ id }) => written.has(id));
    return [
      name,
      `${own.length} of ${facts.length}`,
      first.length === 0 ? '' : `${ownFirst.length} of ${first.length}`,
    ];
  };
  const all = [...catalogue.values()];
  const beps = Map.groupBy(all, ({ bep }) => bep);
  const roles = [...new Set(all.flatMap((each) => each.roles))];
  print(
    table([
      ['', 'cases', 'first tier'],
      ...[...beps].map(([bep, facts]) => count(bep, facts)),
      ...roles.map((role) =>
        count(
          role,
          all.filter((each) => each.roles.includes(role)),
        ),
      ),
      count('all', all),
    ]),
  );
}
