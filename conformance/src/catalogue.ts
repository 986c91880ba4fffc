/** The facts about every id, implemented or not: level, roles, tier. Ids are permanent; the file is `catalogue.json`. */
import { readFileSync } from 'node:fs';

/** Where a rule comes from, not how much it matters. DF: what deployed programs rely on though no text says it. */
export type Level = 'MUST' | 'STATED' | 'SHOULD' | 'MAY' | 'DF' | 'INFO';

export type Role =
  | 'tracker'
  | 'dht'
  | 'utp'
  | 'peer'
  | 'leecher'
  | 'seeder'
  | 'reader'
  | 'maker'
  | 'magnet'
  | 'webseed';

export interface Facts {
  readonly id: string;
  /** `bep15.tracker` of `bep15.tracker.connect`. */
  readonly area: string;
  /** `bep15`, or `magnet`. */
  readonly bep: string;
  readonly level: Level;
  readonly roles: readonly Role[];
  /** Among the first that a client is asked. */
  readonly tier1: boolean;
  readonly slow: boolean;
  /** Two readings of the text are possible, so the unusual one is never a failure. */
  readonly ambiguous: boolean;
  readonly needs: readonly string[];
}

export const catalogue: ReadonlyMap<string, Facts> = read();

function read(): Map<string, Facts> {
  const text = readFileSync(new URL('../catalogue.json', import.meta.url), 'utf8');
  const areas = JSON.parse(text) as Record<string, Record<string, string>>;
  const facts = Object.entries(areas).flatMap(([area, cases]) =>
    Object.entries(cases).map(([name, words]) => factsOf(area, name, words.split(' '))),
  );
  return new Map(facts.map((each) => [each.id, each]));
}

function factsOf(area: string, name: string, [level, roles, ...flags]: readonly string[]): Facts {
  return {
    id: `${area}.${name}`,
    area,
    bep: area.split('.')[0]!,
    level: level as Level,
    roles: roles!.split('+') as Role[],
    tier1: flags.includes('tier1'),
    slow: flags.includes('slow'),
    ambiguous: flags.includes('ambiguous'),
    needs: flags.filter((flag) => flag.startsWith('needs:')).map((flag) => flag.slice('needs:'.length)),
  };
}
