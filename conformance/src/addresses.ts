/**
 * Where the probe and what it asks meet: addresses that are all this machine's, so that everybody who takes part can have its own. On
 * Linux every address of 127.0.0.0/8 is. Some clients call nobody there; for them a machine can be given 10.0.0.0/8 as well. Some rules do not
 * hold on local networks; for them a network of its own, that leads nowhere, can be given 203.0.0.0/8.
 */
import { networkInterfaces } from 'node:os';
import type { Random } from './random.ts';

export type Network = 127 | 10 | 203;

let network: Network = 127;

/** The first number of all addresses from now on. Said once, before anything is asked. */
export function useNetwork(first: Network): void {
  const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  // What is sent to an address that is nobody's here must not get out.
  if (first === 203 && others.some(({ internal }) => !internal))
    throw new RangeError('network 203 is for a network namespace that has nothing but its loopback');
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

/** Where any node may have any id (BEP 42, enforcement). */
export function isLocalNetwork(): boolean {
  return network !== 203;
}

export function isOurs(ip: string): boolean {
  return ip.startsWith(`${network}.`);
}
