/**
 * Info-hashes for targets that serve only those on a list. The list is made before the target starts; each of its hashes is used once,
 * so that no two cases meet in one swarm.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HarnessError } from '../finding.ts';

export type Fits = (hash: Uint8Array) => boolean;

/** Any: what to put on a list. */
export function listInfoHashes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => createHash('sha1').update(`conformance ${number}`).digest('hex'));
}

/** Lines of 40 hex digits, as trackers read them. */
export function readInfoHashes(path: string): (fits: Fits) => Uint8Array {
  const lines = readFileSync(path, 'utf8').split('\n');
  const hashes = lines
    .filter((line) => /^[0-9a-f]{40}$/i.test(line))
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')));
  if (hashes.length === 0) throw new RangeError(`${path} has no info-hash: a line is 40 hex digits`);
  return (fits) => {
    const at = hashes.findIndex(fits);
    if (at < 0) throw new HarnessError(`${path} has no info-hash left that fits; make a longer one`);
    return hashes.splice(at, 1)[0]!;
  };
}
