// Runs every package's tests and adds up their reports into one true closing line: "N passed, N failed, N skipped".
// Old reports are removed first, so that only what ran now (or was restored from the cache of the same input) counts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { summarize } from './test-summary.ts';

const folders = ['packages', '.']
  .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  .filter((folder) => existsSync(join(folder, 'package.json')))
  .filter((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.test !== undefined);

for (const folder of folders) rmSync(join(folder, '.reports'), { recursive: true, force: true });
const force = process.env['CI'] ? ['--force'] : [];
// One package after the other: each uses all cores, and tests of time and of real programs want them for themselves.
const run = spawnSync('turbo', ['run', 'test', '--continue', '--concurrency=1', ...force, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
});
process.exitCode = summarize(
  run.status ?? 1,
  folders.map((folder) => join(folder, '.reports/vitest.json')),
);
