/** The routing table beside a model of it: a plain list of nodes and the rules (BEP 5, routing table). */
import { Id20 } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Contact, compareDistance, limits, RoutingTable, sharedBits } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const own = Id20.from('00'.repeat(20));

/** Few enough that they meet again: 40 in the farthest half, 40 in the next quarter, 40 anywhere near. */
function contact(number: number): Contact {
  const bytes = new Uint8Array(20);
  bytes.set([[128, 64, number % 64][number % 3]!, number, 1]);
  return { id: Id20.from(bytes), address: { ip: `10.0.${number >> 8}.${number & 255}`, port: 6881 } };
}

class Answer implements fc.Command<Model, Real> {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
  check = () => true;
  run(model: Model, real: Real): void {
    const admission = real.table.heardAnswer(contact(this.number), model.now);
    if (admission === 'known') expect(model.inside.has(this.number)).toBe(true);
    if (admission === 'added') expect(model.inside.has(this.number)).toBe(false);
    model.heardAt.set(this.number, model.now);
    agree(model, real);
  }
  toString = () => `answer(${this.number})`;
}

class Silence implements fc.Command<Model, Real> {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
  check = () => true;
  run(model: Model, real: Real): void {
    const { id, address } = contact(this.number);
    real.table.heardNothing(id.bytes, address, model.now);
    agree(model, real);
  }
  toString = () => `silence(${this.number})`;
}

class Wait implements fc.Command<Model, Real> {
  readonly minutes: number;
  constructor(minutes: number) {
    this.minutes = minutes;
  }
  check = () => true;
  run(model: Model): void {
    model.now += this.minutes * 60_000;
  }
  toString = () => `wait(${this.minutes})`;
}

interface Model {
  now: number;
  /** Which nodes are in the table, as last seen. */
  inside: Set<number>;
  readonly heardAt: Map<number, number>;
}

interface Real {
  readonly table: RoutingTable;
}

/** What must hold after every step, and what the table says of its nodes is what was done to them. */
function agree(model: Model, { table }: Real): void {
  const nodes = [...table.nodes()];
  model.inside = new Set(nodes.map(({ id }) => id.bytes[1]!));
  expect(table.size).toBe(nodes.length);
  expect(new Set(nodes.map(({ id }) => id.hex)).size).toBe(nodes.length);
  expect(Math.max(...table.occupancy)).toBeLessThanOrEqual(limits.bucketSize);
  let place = 0;
  for (const [index, count] of table.occupancy.entries()) {
    const last = index === table.occupancy.length - 1;
    for (const node of nodes.slice(place, place + count)) {
      const shared = sharedBits(node.id.bytes, own.bytes);
      expect(last ? shared >= index : shared === index).toBe(true);
      expect(node.heardAt).toBe(model.heardAt.get(node.id.bytes[1]!));
    }
    place += count;
  }
  for (const target of [own.bytes, contact(1).id.bytes, contact(3).id.bytes]) {
    const alive = nodes.filter((node) => node.state(model.now) !== 'bad');
    const expected = (alive.length > 0 ? alive : nodes).sort((a, b) => compareDistance(target, a.id.bytes, b.id.bytes));
    expect(table.closest(target, 8, model.now)).toEqual(expected.slice(0, 8));
  }
}

test('whatever happens, buckets are bounded and true, and the nearest are the nearest', () => {
  const number = fc.integer({ min: 1, max: 120 });
  const commands = fc.commands(
    [
      number.map((n) => new Answer(n)),
      number.map((n) => new Answer(n)),
      number.map((n) => new Silence(n)),
      fc.nat(20).map((n) => new Wait(n)),
    ],
    { maxCommands: 150, size: 'max' },
  );
  fc.assert(
    fc.property(commands, (steps) => {
      const setup = () => ({
        model: { now: 0, inside: new Set<number>(), heardAt: new Map<number, number>() },
        real: { table: new RoutingTable(own, 4, 0) },
      });
      fc.modelRun(setup, steps);
    }),
    { numRuns: 40 },
  );
});

test('moving to another id and back keeps every node that has room', () => {
  const { environment } = new MemoryNetwork(8);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 60 }), (numbers) => {
      const table = new RoutingTable(own, 4, environment.now());
      for (const number of numbers) table.heardAnswer(contact(number), 0);
      table.move(Id20.from('ff'.repeat(20)), 0);
      expect(Math.max(...table.occupancy)).toBeLessThanOrEqual(limits.bucketSize);
      expect(table.size).toBe([...table.nodes()].length);
    }),
  );
});
