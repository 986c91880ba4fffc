/** ferro-conformance list: the cases there are, and with --all those that the catalogue names and nobody has written yet. */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { catalogue } from '../catalogue.ts';
import { select } from '../runner/select.ts';
import { print, table } from './output.ts';
import { type SelectionSettings, selectionOf, selectionOptions } from './selection.ts';

export function list(): Command {
  const command = new Command('list')
    .description('list the cases')
    .option('--all', 'also those that are not written yet')
    .option('--json', 'one JSON array');
  return selectionOptions(command).action(run);
}

interface ListSettings extends SelectionSettings {
  readonly all?: boolean;
  readonly json?: boolean;
}

function run(settings: ListSettings): void {
  const chosen = select(families, { ...selectionOf(settings), slow: true });
  const cases = chosen.map(({ case: { facts, title, section, budget, killedBy }, family }) => {
    const { id, level, roles, tier1 } = facts;
    return { id, level, roles, tier1, section, title, budget, family: family.name, killedBy };
  });
  const written = new Set(cases.map(({ id }) => id));
  const missing = settings.all === true ? [...catalogue.values()].filter(({ id }) => !written.has(id)) : [];
  if (settings.json === true) print(JSON.stringify([...cases, ...missing], undefined, 2));
  else {
    print(
      table([
        ...cases.map(({ id, level, title }) => [id, level, title]),
        ...missing.map(({ id, level }) => [id, level, '(not written yet)']),
      ]),
    );
  }
}
