/** implementations.json, read and checked: who there is, what each can do, and where its image comes from. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const INTEROP: string = fileURLToPath(new URL('..', import.meta.url));

export const ROLES = ['seeder', 'leecher', 'tracker'] as const;
export type Role = (typeof ROLES)[number];

/** What a scenario may need of whoever takes part. */
export const ABILITIES = [
  'tcp',
  'utp',
  'magnet',
  'x-pe',
  'dht',
  'dht6',
  'pex',
  'web-seed',
  'encryption',
  'private',
  'padding',
  'ipv6',
  'v2',
  'tracker-http',
  'tracker-udp',
  'tracker-http6',
  'tracker-udp6',
] as const;
export type Ability = (typeof ABILITIES)[number];

export const ALWAYS = ['utp', 'encryption'] as const;
export type Always = (typeof ALWAYS)[number];

export interface Implementation {
  readonly name: string;
  /** Below implementations/: a Dockerfile and an entry point. */
  readonly folder: string;
  /** The Debian that its image is built on. */
  readonly suite: 'bookworm' | 'forky';
  /** Runs from this checkout, which is mounted at /ferro. */
  readonly checkout?: boolean;
  /** Takes part in the gate; the others in the whole matrix only. */
  readonly gate?: boolean;
  readonly roles: readonly Role[];
  readonly can: readonly Ability[];
  /** What it cannot be told not to use. Two such use it with each other, which is then no fault of a cell. */
  readonly always?: readonly Always[];
  /**
   * Cells that are known to fail by its fault, each with the reason: `scenario/role`, `scenario/role/other`, or with `*` for every
   * scenario with that other. They are played all the same.
   */
  readonly gaps?: Readonly<Record<string, string>>;
  /** Files made on this machine before the image is built: a command, run in the implementation's folder. */
  readonly prepare?: string;
  /** An image to use instead of a built one. */
  readonly image?: string;
}

export function readRegistry(replaced: ReadonlyMap<string, string> = new Map()): Map<string, Implementation> {
  const entries: Record<string, Omit<Implementation, 'name'>> = JSON.parse(
    readFileSync(`${INTEROP}/implementations.json`, 'utf8'),
  );
  const registry = new Map<string, Implementation>();
  for (const [name, entry] of Object.entries(entries)) {
    const image = replaced.get(name);
    registry.set(name, checked({ ...entry, name, ...(image !== undefined && { image, checkout: false }) }));
  }
  for (const name of replaced.keys()) if (!registry.has(name)) throw new Error(`nobody here is called ${name}`);
  return registry;
}

export function checked(entry: Implementation): Implementation {
  const wrong = [
    ...(/^[a-z][a-z0-9-]*$/.test(entry.name) ? [] : ['its name']),
    ...(['bookworm', 'forky'].includes(entry.suite) ? [] : [`suite ${entry.suite}`]),
    ...entry.roles.filter((role) => !ROLES.includes(role)).map((role) => `role ${role}`),
    ...entry.can.filter((ability) => !ABILITIES.includes(ability)).map((ability) => `ability ${ability}`),
    ...(entry.always ?? []).filter((word) => !ALWAYS.includes(word)).map((word) => `always ${word}`),
  ];
  if (wrong.length > 0) throw new Error(`implementations.json, ${entry.name}: ${wrong.join(', ')}`);
  return entry;
}
