/** Style is executable: the repository keeps each rule, and each rule is seen to fail on a file that breaks it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { purityRules } from '../tidy/purity.ts';
import { shapeRules } from '../tidy/shape.ts';
import { sizeRules } from '../tidy/size.ts';
import { readTree } from '../tidy/tree.ts';

const tree = readTree(fileURLToPath(new URL('../..', import.meta.url)));

describe.each([...sizeRules, ...purityRules, ...shapeRules])('$name', (rule) => {
  test(`the repository keeps it: ${rule.why}`, () => {
    expect(rule.check(tree)).toEqual([]);
  });

  test('a file that breaks it is found', () => {
    const before = rule.check(tree).length;
    expect(rule.check(new Map([...tree, ...Object.entries(rule.broken)])).length).toBeGreaterThan(before);
  });
});
