/** Which cells are played (our choice): everybody has a place, and nothing is left out without a word. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCells, gapOf, gateCells, matching, missing } from '../src/matrix.ts';
import { ABILITIES, checked, INTEROP, type Role, readRegistry } from '../src/registry.ts';
import { SCENARIOS } from '../src/scenarios.ts';

const registry = readRegistry();
const cells = allCells(SCENARIOS, registry);
const gate = gateCells(cells);
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

test('every pair has a cell for every scenario, and every cell a name of its own', () => {
  const count = (role: Role) => [...registry.values()].filter(({ roles }) => roles.includes(role)).length;
  const pairs = SCENARIOS.filter(({ shape }) => shape === 'pair').length;
  expect(cells.filter(({ scenario }) => scenario.shape === 'pair')).toHaveLength(
    pairs * count('seeder') * count('leecher'),
  );
  expect(new Set(ids(cells)).size).toBe(cells.length);
  expect(new Set(SCENARIOS.map(({ code }) => code)).size).toBe(SCENARIOS.length);
});

test('the gate has every scenario, ferro both ways, and programs that the registry marks', () => {
  expect(new Set(gate.map(({ scenario }) => scenario))).toEqual(new Set(SCENARIOS));
  for (const id of ['transfer-tcp/ferro/rtorrent', 'transfer-tcp/rtorrent/ferro', 'magnet/libtorrent/ferro']) {
    expect(ids(gate)).toContain(id);
  }
  expect(ids(gate)).not.toContain('transfer-tcp/libtorrent/rtorrent');
  for (const { seeder, leecher } of gate) expect([seeder?.gate, leecher?.gate]).not.toContain(false);
});

test('a scenario that ferro cannot do is played between others in the gate', () => {
  for (const scenario of SCENARIOS) {
    const played = gate.filter((cell) => cell.scenario === scenario && missing(cell) === undefined);
    // Of announces over IPv6 only our own tracker knows, so far.
    expect(played.length, scenario.name).toBeGreaterThan(0);
  }
});

test('turning a scenario on is one word in the registry', () => {
  const ferro = registry.get('ferro')!;
  const able = { ...ferro, can: ABILITIES };
  const id = 'encrypted/ferro/libtorrent';
  const find = (list: typeof cells) => list.find((cell) => cell.id === id)!;
  const unable = { ...ferro, can: ferro.can.filter((ability) => ability !== 'encryption') };
  expect(missing(find(allCells(SCENARIOS, new Map(registry).set('ferro', unable))))).toBe('ferro cannot: encryption');
  expect(missing(find(allCells(SCENARIOS, new Map(registry).set('ferro', able))))).toBeUndefined();
});

test('a gap belongs to one side of one scenario', () => {
  const [some] = matching(cells, ['corrupt/libtorrent/rtorrent']);
  expect(gapOf(some!)).toMatch(/hash/);
  expect(gapOf(matching(cells, ['corrupt/rtorrent/libtorrent'])[0]!)).toBeUndefined();
});

test('a gap may be about one other, whatever the scenario', () => {
  expect(gapOf(matching(cells, ['magnet/rtorrent/aria2'])[0]!)).toMatch(/bitfield/);
  expect(gapOf(matching(cells, ['magnet/aria2/rtorrent'])[0]!)).toBeUndefined();
  expect(gapOf(matching(cells, ['magnet/rtorrent/libtorrent'])[0]!)).toBeUndefined();
});

test('two that both cannot do without uTP have no transfer without it', () => {
  expect(missing(matching(cells, ['transfer-tcp/deluge/deluge'])[0]!)).toMatch(/utp/);
  expect(missing(matching(cells, ['transfer-tcp/deluge/libtorrent'])[0]!)).toBeUndefined();
  expect(missing(matching(cells, ['magnet/deluge/deluge'])[0]!)).toBeUndefined();
});

test('ferro has no gaps: what is ours is mended, not excused', () => {
  expect(registry.get('ferro')!.gaps ?? {}).toEqual({});
});

test('patterns choose cells', () => {
  expect(ids(matching(cells, ['magnet/ferro/rtorrent']))).toEqual(['magnet/ferro/rtorrent']);
  expect(matching(cells, ['*/ferro/rtorrent', 'web-seed']).map(({ scenario }) => scenario.name)).toContain('web-seed');
  expect(matching(cells, ['nothing'])).toEqual([]);
});

test('every implementation has a folder with a Dockerfile, and every folder is used', () => {
  const folders = readdirSync(`${INTEROP}/implementations`);
  const used = new Set([...registry.values()].map(({ folder }) => folder));
  expect(new Set(folders)).toEqual(used);
  for (const folder of folders) expect(existsSync(`${INTEROP}/implementations/${folder}/Dockerfile`)).toBe(true);
});

test('a registry that says what nobody knows is refused', () => {
  const good = registry.get('ferro')!;
  expect(() => checked({ ...good, can: ['flying' as 'tcp'] })).toThrow('ability flying');
  expect(() => checked({ ...good, suite: 'sid' as 'forky' })).toThrow('suite sid');
  expect(() => readRegistry(new Map([['nobody', 'image']]))).toThrow('nobody here is called nobody');
  expect(readRegistry(new Map([['ferro', 'mine:1']])).get('ferro')).toMatchObject({ image: 'mine:1', checkout: false });
});
