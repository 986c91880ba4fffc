/** Which cells there are, which of them are wanted, and which cannot be: every combination has a place, nobody is left out. */
import type { Cell } from './cell.ts';
import type { Implementation, Role } from './registry.ts';
import type { Scenario } from './scenario.ts';

const CONTROL = 'libtorrent';

type Registry = ReadonlyMap<string, Implementation>;

/** All cells of all implementations. An id is scenario/seeder/leecher, for a tracker's scenario scenario/tracker/client. */
export function allCells(scenarios: readonly Scenario[], registry: Registry): Cell[] {
  const all = [...registry.values()];
  const seeders = all.filter(({ roles }) => roles.includes('seeder'));
  const leechers = all.filter(({ roles }) => roles.includes('leecher'));
  const trackers = all.filter(({ roles }) => roles.includes('tracker'));
  // One that is no party to the question, so that a client's ways with its own kind do not count.
  const control = registry.get(CONTROL);
  const none = { seeder: undefined, leecher: undefined, tracker: undefined };
  const cellsOf = (scenario: Scenario): Cell[] => {
    const make = (row: string, column: string, who: Partial<Cell>): Cell => ({
      ...{ id: `${scenario.name}/${row}/${column}`, scenario, ...none },
      ...who,
    });
    switch (scenario.shape) {
      case 'pair':
        return seeders.flatMap((seeder) =>
          leechers.map((leecher) => make(seeder.name, leecher.name, { seeder, leecher })),
        );
      case 'swarm':
        return seeders.map((seeder) => make(seeder.name, 'all', { seeder }));
      case 'crowd':
        return trackers.map((tracker) =>
          make(tracker.name, 'all', { tracker, ...(control !== undefined && { seeder: control }) }),
        );
      case 'leecher':
        return leechers.map((leecher) => make('web', leecher.name, { leecher }));
      case 'tracker':
        return trackers.flatMap((tracker) =>
          leechers.map((client) =>
            make(tracker.name, client.name, { tracker, seeder: control ?? client, leecher: client }),
          ),
        );
    }
  };
  return scenarios.flatMap(cellsOf);
}

const participants = ({ seeder, leecher, tracker }: Cell): Implementation[] =>
  [seeder, leecher, tracker].filter((one) => one !== undefined);

/** What somebody in this cell cannot do, by the registry; nothing if the cell can be played. */
export function missing(cell: Cell): string | undefined {
  for (const one of participants(cell)) {
    // A tracker's own abilities are about announces, not about what clients do with each other.
    const needed = cell.scenario.needs.filter((ability) => one !== cell.tracker || ability.startsWith('tracker-'));
    const lacking = needed.filter((ability) => !one.can.includes(ability));
    if (lacking.length > 0) return `${one.name} cannot: ${lacking.join(', ')}`;
  }
  const both = (cell.scenario.without ?? []).find((word) =>
    participants(cell).every(({ always }) => always?.includes(word)),
  );
  return both && `both cannot be told not to use: ${both}`;
}

/** Why this cell is known to fail, by the registry. */
export function gapOf({ scenario, seeder, leecher, tracker }: Cell): string | undefined {
  const of = (one: Implementation | undefined, role: Role, other: Implementation | undefined) =>
    one?.gaps?.[`${scenario.name}/${role}`] ??
    one?.gaps?.[`${scenario.name}/${role}/${other?.name}`] ??
    one?.gaps?.[`*/${role}/${other?.name}`];
  return of(seeder, 'seeder', leecher) ?? of(leecher, 'leecher', seeder) ?? of(tracker, 'tracker', leecher);
}

/**
 * The gate: every scenario with ferro in it, among those that take part. One that ferro cannot do is played once between two of the
 * others, so that it is ready when ferro is.
 */
export function gateCells(cells: readonly Cell[], project = 'ferro', control = CONTROL): Cell[] {
  const inGate = cells.filter((cell) => participants(cell).every(({ gate }) => gate === true));
  const possible = new Set(
    inGate.filter((cell) => hasPart(cell, project) && missing(cell) === undefined).map(({ scenario }) => scenario),
  );
  return inGate.filter((cell) => {
    if (cell.scenario.shape === 'swarm') return hasPart(cell, project) || cell.seeder?.name === control;
    // What we do with ourselves, our own tests say.
    if (hasPart(cell, project))
      return participants(cell).some(({ name }) => name !== project) || cell.scenario.shape === 'leecher';
    return !possible.has(cell.scenario) && participants(cell).every(({ name }) => name === control);
  });
}

const hasPart = (cell: Cell, name: string): boolean => participants(cell).some((one) => one.name === name);

/** Cells whose id begins with the pattern's parts; a * stands for anyone, a part may be left out at the end. */
export function matching(cells: readonly Cell[], patterns: readonly string[]): Cell[] {
  return cells.filter(({ id }) => patterns.some((pattern) => fits(id.split('/'), pattern.split('/'))));
}

function fits(id: readonly string[], pattern: readonly string[]): boolean {
  return pattern.every((part, index) => part === '*' || part === id[index]);
}
