/**
 * Requirement sets: which ids count for "conformant, set 2027.1". A set is frozen in `requirements/<name>.json`; cases written later are asked
 * all the same, but are unscored until the next set, so that a new version of the suite turns nobody's build red.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { catalogue } from './catalogue.ts';

const folder = new URL('../requirements/', import.meta.url);

export function readRequirements(name: string): ReadonlySet<string> {
  const sets = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  if (!sets.includes(name)) throw new RangeError(`there is no set ${name}; there is ${sets.join(', ')}`);
  return new Set(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as readonly string[]);
}

/** Those of the ids that are graded at all: what only records is in no set. */
export function freezeRequirements(name: string, ids: readonly string[]): number {
  const graded = ids.filter((id) => catalogue.get(id)!.level !== 'INFO').sort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(graded, undefined, 2)}\n`);
  return graded.length;
}
