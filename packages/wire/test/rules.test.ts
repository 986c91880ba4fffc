import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wireDiagram } from '../../../tools/diagrams.ts';
import { limits, type MessageType, messageIds, rules, stateAfter } from '../src/index.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const BOTH = { fast: true, extensions: true };

test('BEP 3: nothing but the handshake is legal before it', () => {
  for (const type of Object.keys(rules) as MessageType[]) {
    expect(() => stateAfter(type, 'handshake', BOTH)).toThrow(expect.objectContaining({ code: 'wire/not-now' }));
  }
});

test('BEP 3, 6: what a peer has is said first, and that it has nothing never again', () => {
  for (const type of ['bitfield', 'have-all', 'have-none'] as const)
    expect(stateAfter(type, 'opening', BOTH)).toBe('open');
  expect(() => stateAfter('have-none', 'open', BOTH)).toThrow(expect.objectContaining({ code: 'wire/not-now' }));
});

test('BEP 3: what is new may be said by another bitfield, as aria2 does', () => {
  for (const type of ['bitfield', 'have-all'] as const) expect(stateAfter(type, 'open', BOTH)).toBe('open');
});

test('BEP 10: keep-alives and extended messages may come before it', () => {
  for (const type of ['keep-alive', 'extended', 'unknown'] as const)
    expect(stateAfter(type, 'opening', BOTH)).toBe('opening');
  expect(stateAfter('have', 'opening', BOTH)).toBe('open');
});

test('BEP 6, 10: what was not negotiated is not legal', () => {
  const fast = ['have-all', 'have-none', 'suggest', 'reject', 'allowed-fast'];
  for (const type of Object.keys(rules) as MessageType[]) {
    const illegal = (negotiated: typeof BOTH) => {
      try {
        stateAfter(type, 'opening', negotiated);
        return false;
      } catch {
        return true;
      }
    };
    expect(illegal({ fast: false, extensions: true }), type).toBe(fast.includes(type));
    expect(illegal({ fast: true, extensions: false }), type).toBe(type === 'extended');
  }
});

test('every message has a rule that names its BEP', () => {
  for (const type of Object.keys(messageIds) as MessageType[]) expect(rules[type].spec).toMatch(/^BEP \d+/);
});

test('the diagram in the README is drawn from the rules', () => {
  expect(README).toContain(`\`\`\`mermaid\n${wireDiagram()}\`\`\``);
});

test('the limits in the README are those of the code', () => {
  for (const [name, value] of Object.entries(limits)) {
    expect(README).toMatch(new RegExp(`\\| \`${name}\` +\\| ${value.toLocaleString('en')}\\b`));
  }
});
