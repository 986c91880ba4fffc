/** Real trackers, started from the manifests in `targets`: ours, and others where they are installed. What is known is in `expectations`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { families } from '../src/cases/families.ts';
import { compare, readExpectations } from '../src/expectations.ts';
import { makeResults, type Results } from '../src/report/results.ts';
import { run } from '../src/runner/run.ts';
import { select } from '../src/runner/select.ts';
import { openExec } from '../src/target/exec.ts';
import { type ExecDriver, readManifest } from '../src/target/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const seed = 'trackers';

async function resultsOf(name: string): Promise<Results> {
  const { manifest, folder } = readManifest(join(root, `targets/${name}.json`));
  const target = await openExec(manifest, manifest.driver as ExecDriver, folder);
  try {
    const chosen = select(families, {}, target);
    const verdicts = await run(chosen, target, { seed });
    return makeResults(chosen, verdicts, target, { seed, strict: true, targetArguments: '' });
  } finally {
    await target.close();
  }
}

async function expectKnown(name: string): Promise<Results> {
  const results = await resultsOf(name);
  expect(results.cases.filter(({ outcome }) => outcome === 'harness-error')).toEqual([]);
  const known = readExpectations(join(root, `expectations/${name}.json`));
  expect(compare(results, known)).toEqual({ unexpected: [], stale: [] });
  return results;
}

test('our tracker does what its expectations say', async () => {
  const { counts } = await expectKnown('ferro-tracker');
  expect(counts.pass).toBeGreaterThan(75);
});

test('bittorrent-tracker does what its expectations say', async () => {
  await expectKnown('bittorrent-tracker');
});

describe.skipIf(spawnSync('opentracker', ['-h']).error !== undefined)('where opentracker is installed', () => {
  test('it does what its expectations say', async () => {
    await expectKnown('opentracker');
  });
});
