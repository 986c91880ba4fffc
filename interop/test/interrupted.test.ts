/** A run that is killed leaves nothing: no container, no network, no process, no folder (our choice). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { docker, engineTrouble, LABEL } from '../src/engine.ts';
import { INTEROP } from '../src/registry.ts';
import { until } from '../src/stage.ts';

const trouble = engineTrouble();
const skipped = trouble === undefined || process.env['FERRO_INTEROP'] === 'required' ? '' : ` (skipped: ${trouble})`;
/** Images may have to be built first. */
const PATIENCE_MS = 300_000;

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  const title = `a run that ends by ${signal} leaves nothing behind${skipped}`;
  test.skipIf(skipped !== '')(title, { timeout: 2 * PATIENCE_MS }, async () => {
    const report = mkdtempSync(join(tmpdir(), 'ferro-report-'));
    const words = ['src/main.ts', '--only', 'transfer-tcp/libtorrent/libtorrent', '--report', report];
    const run = spawn(process.execPath, words, { cwd: INTEROP, stdio: 'ignore' });
    const ended = new Promise<number>((resolve) => void run.once('close', (code) => resolve(code ?? 255)));
    const filter = ['--filter', `label=${LABEL}=${hostname()}/${run.pid}`, '-q'];
    let containers = '';
    let networks = '';
    const look = async () => {
      containers = await docker('ps', '-a', ...filter);
      networks = await docker('network', 'ls', ...filter);
    };
    await lookUntil(look, () => containers.split('\n').length > 1, PATIENCE_MS, ended);
    expect(networks).not.toBe('');
    run.kill(signal);
    await ended;
    await lookUntil(look, () => containers === '' && networks === '', 30_000);
    expect([containers, networks]).toEqual(['', '']);
    rmSync(report, { recursive: true });
  });
}

async function lookUntil(look: () => Promise<void>, check: () => boolean, ms: number, ended?: Promise<number>) {
  let looking = true;
  const loop = (async () => {
    while (looking) await look();
  })();
  try {
    await until(check, ms, 'what the engine shows', ended);
  } finally {
    looking = false;
    await loop;
  }
}
