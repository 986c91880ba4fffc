/** What is true of the package as a whole. The probe is a second implementation: a mistake that ours makes in both directions is visible only to somebody who shares no code with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { limits } from '../src/limits.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
);

test('no source file imports a package of ours', () => {
  const imports = sources.filter((path) =>
    /from '(@ferro\/|[./]*packages\/)/.test(readFileSync(join(root, 'src', path), 'utf8')),
  );
  expect(sources.length).toBeGreaterThan(50);
  expect(imports).toEqual([]);
});

test('nor does the package depend on one', () => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(['commander']);
});

test('the README lists every limit with its value', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const rows = Object.entries(limits).map(([name, value]) => `| \`${name}\` | ${value.toLocaleString('en-US')} |`);
  expect(rows.filter((row) => !readme.replace(/ +/g, ' ').includes(row))).toEqual([]);
});
