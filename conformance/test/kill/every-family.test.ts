/** A family without its file here would be a family that nobody checks. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { families } from '../../src/cases/families.ts';

test.each(families.map(({ name }) => name))('the family %s shows its kills', (name) => {
  expect(existsSync(new URL(`${name}.test.ts`, import.meta.url))).toBe(true);
});
