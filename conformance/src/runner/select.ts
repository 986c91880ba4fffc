/** Which cases a run asks: those that the target has the means for, narrowed by what the user says. */
import { networkInterfaces } from 'node:os';
import { ourAddress } from '../addresses.ts';
import type { Case, Need } from '../case.ts';
import type { Role } from '../catalogue.ts';
import type { Family } from '../family.ts';
import { HarnessError } from '../finding.ts';
import type { Target } from '../target/target.ts';

export interface Selection {
  /** Ids, or beginnings of ids that end with `*`. */
  readonly ids?: readonly string[];
  readonly skip?: readonly string[];
  readonly beps?: readonly string[];
  readonly levels?: readonly string[];
  readonly roles?: readonly string[];
  readonly tier1?: boolean;
  /** Slow cases are asked only when wanted, or where the target's clock is ours. */
  readonly slow?: boolean;
  /** Needs that the machine is allowed not to meet. */
  readonly without?: readonly string[];
}

export interface Chosen {
  readonly case: Case;
  readonly family: Family;
}

export function select(families: readonly Family[], selection: Selection, target?: Target): readonly Chosen[] {
  const all = families.flatMap((family) => family.cases.map((each) => ({ case: each, family })));
  return all.filter(({ case: each }) => wanted(each, selection, target) && (!target || offers(target, each)));
}

/** `bep15.*` matches `bep15.tracker.connect`; anything without a star has to be the id. */
export function matches(pattern: string, id: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

export function offers(target: Target, asked: Case): boolean {
  if (target.isPublic === true && asked.privateOnly === true) return false;
  if (asked.means === 'launch') return asked.facts.roles.some((role) => plays(target, role));
  if (asked.means === 'read' || asked.means === 'make') return target[asked.means] !== undefined;
  if (asked.means === 'get' || asked.means === 'put' || asked.means === 'node-id')
    return target.errands?.includes(asked.means) === true;
  return target.endpoints[asked.means] !== undefined;
}

/** Whoever seeds or leeches is a peer, and may speak uTP; whoever leeches reads torrents, and may use web seeds. */
const playedBy: Partial<Readonly<Record<Role, readonly Role[]>>> = {
  peer: ['seeder', 'leecher'],
  utp: ['seeder', 'leecher'],
  reader: ['leecher'],
  webseed: ['leecher'],
};

function plays({ roles }: Target, role: Role): boolean {
  return roles.includes(role) || playedBy[role]?.some((each) => roles.includes(each)) === true;
}

/** Needs that this machine does not meet, of the cases that were chosen. */
export function missingNeeds(chosen: readonly Chosen[]): readonly Need[] {
  const needed = new Set(chosen.flatMap((each) => each.case.needs));
  return [...needed].filter((need) => !met(need));
}

function wanted(asked: Case, selection: Selection, target?: Target): boolean {
  const { ids, skip = [], beps, levels, roles, without = [] } = selection;
  const { facts } = asked;
  const any = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, facts.id));
  if (ids !== undefined && !any(ids)) return false;
  if (any(skip) || asked.needs.some((need) => without.includes(need))) return false;
  if (beps !== undefined && !beps.some((bep) => facts.bep === bep || facts.bep === `bep${bep}`)) return false;
  if (levels !== undefined && !levels.includes(facts.level)) return false;
  if (roles !== undefined && !facts.roles.some((role) => roles.includes(role))) return false;
  if (selection.tier1 === true && !facts.tier1) return false;
  return asked.budget !== 'slow' || selection.slow === true || target?.advance !== undefined;
}

function met(need: Need): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (need === 'ipv6') return addresses.some(({ family }) => family === 'IPv6');
  // With the first address of a whole network on its loopback Linux has all of it; elsewhere a second one has to be set up, too.
  if (need === 'second-address') {
    const all = process.platform === 'linux' && addresses.some(({ cidr }) => cidr === `${ourAddress()}/8`);
    return all || addresses.some(({ address }) => address === ourAddress(2));
  }
  throw new HarnessError(`nobody knows how to find out about ${need satisfies never}`);
}
