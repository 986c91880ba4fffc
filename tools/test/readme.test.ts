/** Every README's example is extracted and run; where the README shows its output, it has to be that output. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'tools/.reports/readme');
mkdirSync(folder, { recursive: true });

const run = promisify(execFile);

interface Example {
  readonly name: string;
  readonly code: string | undefined;
  readonly output: string | undefined;
}

function exampleOf(name: string, path: string): Example {
  const text = readFileSync(join(root, path), 'utf8');
  const section = /\n## (?:Example|A first example)\n([\s\S]*?)(?=\n## |$)/.exec(text)?.[1] ?? '';
  return {
    name,
    code: /```ts\n([\s\S]*?)```/.exec(section)?.[1],
    output: /```text\n([\s\S]*?)```/.exec(section)?.[1],
  };
}

const packages = readdirSync(join(root, 'packages'));
const examples = [
  exampleOf('ferro', 'README.md'),
  exampleOf('conformance', 'conformance/README.md'),
  ...packages.map((name) => exampleOf(name, `packages/${name}/README.md`)),
];

describe.each(examples)('README of $name', ({ name, code, output }) => {
  test('its example runs and prints what it says', { timeout: 60_000 }, async () => {
    expect(code, 'there is a ```ts block under the example heading').toBeDefined();
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, code!);
    const { stdout } = await run('node', ['--conditions=@ferro/source', path], { cwd: root, timeout: 50_000 });
    if (output !== undefined) expect(stdout.trimEnd()).toBe(output.trimEnd());
    else expect(stdout).not.toBe('');
  });
});
