/** A saboteur between the suite and healthy trackers of other people: the cases see what it does, and nothing where it does nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sabotageFaults } from '../src/self-validation/led-through.ts';
import { openExec } from '../src/target/exec.ts';
import { type ExecDriver, readManifest } from '../src/target/manifest.ts';

const targets = fileURLToPath(new URL('../targets', import.meta.url));

async function faultsWith(name: string): Promise<readonly string[]> {
  const { manifest, folder } = readManifest(join(targets, `${name}.json`));
  const target = await openExec(manifest, manifest.driver as ExecDriver, folder);
  try {
    return await sabotageFaults(target, 'saboteur');
  } finally {
    await target.close();
  }
}

test('between the suite and our tracker', async () => {
  expect(await faultsWith('ferro-tracker')).toEqual([]);
});

test.skipIf(spawnSync('opentracker', ['-h']).error !== undefined)(
  'between the suite and opentracker, where that is installed',
  async () => {
    expect(await faultsWith('opentracker')).toEqual([]);
  },
);
