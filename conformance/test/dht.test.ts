/** Our DHT node, started from the manifest in `targets`, on the first cases that a node is asked. All of them, and other nodes: `docs/conformance/dht.md`. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { families } from '../src/cases/families.ts';
import { run } from '../src/runner/run.ts';
import { select } from '../src/runner/select.ts';
import { openExec } from '../src/target/exec.ts';
import { type ExecDriver, readManifest } from '../src/target/manifest.ts';

test('our DHT node passes the first cases that a node is asked', async () => {
  const { manifest, folder } = readManifest(
    join(fileURLToPath(new URL('..', import.meta.url)), 'targets/dht-ferro.json'),
  );
  const target = await openExec(manifest, manifest.driver as ExecDriver, folder);
  try {
    const chosen = select(families, { roles: ['dht'], tier1: true }, target);
    expect(chosen.length).toBeGreaterThanOrEqual(9);
    const verdicts = await run(chosen, target, { seed: 'dht' });
    expect(verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ id, message }) => [id, message])).toEqual([]);
  } finally {
    await target.close();
  }
});
