/** Two hosts that can reach each other, and the few words in which the host contract speaks about them. */
import type { Host } from '../src/index.ts';

export interface HostPair {
  readonly a: Host;
  readonly b: Host;
  /** Where `b` is reached from `a`, by family. They may be the addresses of `a` too (loopback). */
  readonly v4: string;
  /** Left out where the machine has no IPv6: the tests of that family then look at IPv4 once more. */
  readonly v6?: string;
  /** A name that resolves to `v4`, perhaps to `v6` too. */
  readonly name: string;
  /** An existing folder of `a` for files, empty. */
  readonly folder: string;
  /** Lets time pass until the predicate holds; rejects when that takes too long. */
  until(predicate: () => boolean): Promise<void>;
  /** After the test: whatever make() has to undo. */
  close?(): void | Promise<void>;
}

/** Declares one test of the suite. */
export type Scenario = (title: string, run: (pair: HostPair) => Promise<void>) => void;

/** Lets a stretch of the hosts' own time pass, in which something should not happen. */
export async function passes(pair: HostPair, milliseconds: number): Promise<void> {
  let over = false;
  pair.a.at(pair.a.now() + milliseconds, () => {
    over = true;
  });
  await pair.until(() => over);
}

/** Both addresses of `b`. */
export function families(pair: HostPair): readonly string[] {
  return pair.v6 === undefined ? [pair.v4] : [pair.v4, pair.v6];
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
