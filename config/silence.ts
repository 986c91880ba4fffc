// Code under test has nothing to print: any console output fails the test that made it.
import { afterEach, beforeEach } from 'vitest';

const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
const originals = methods.map((method) => console[method]);
let printed: string[] = [];

beforeEach(() => {
  printed = [];
  for (const method of methods) console[method] = (...words: unknown[]) => void printed.push(words.join(' '));
});

afterEach(() => {
  methods.forEach((method, index) => {
    console[method] = originals[index] as (typeof console)['log'];
  });
  if (printed.length > 0) throw new Error(`a test printed: ${printed.join('\n')}`);
});
