/**
 * Where the probe and what it asks meet: addresses that are all this machine's, so that everybody who takes part can have its own. On
 * Linux every address of 127.0.0.0/8 is. Some clients call nobody there; for them a machine can be given 10.0.0.0/8 as well.
 */
import type { Random } from './random.ts';

let network = 127;

/** The first number of all addresses from now on. Said once, before anything is asked. */
export function useNetwork(first: 127 | 10): void {
  network = first;
}

/** The target's own is 1, and whatever has no reason for another is there, too. */
export function ourAddress(host: number = 1): string {
  return `${network}.0.0.${host}`;
}

/** One that nobody else has, and far from those that are counted. */
export function randomAddress(random: Random): string {
  return `${network}.${1 + random.below(254)}.${random.below(256)}.${1 + random.below(254)}`;
}

export function isOurs(ip: string): boolean {
  return ip.startsWith(`${network}.`);
}
