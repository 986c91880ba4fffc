/** Every example runs, ends by itself, and says something. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const run = promisify(execFile);

test.each(examples)('%s', { timeout: 90_000 }, async (name) => {
  const { stdout, stderr } = await run('node', ['--conditions=@ferro/source', name], { cwd: folder, timeout: 80_000 });
  expect(stdout).not.toBe('');
  expect(stderr).toBe('');
  // Examples end with what they set out to show; a false among it is a failure.
  expect(stdout).not.toMatch(/\bfalse\b/);
});
