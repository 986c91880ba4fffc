/**
 * Many named deadlines, one minimum: what stands behind a core's `deadline`. A binary heap with an index, so that setting,
 * moving and clearing cost O(log n) with any number of names; equal times come out in the order in which they were set.
 */
import type { Instant } from './core.ts';

interface Entry<Name> {
  readonly name: Name;
  when: Instant;
  order: number;
  place: number;
}

export class Deadlines<Name> {
  readonly #heap: Entry<Name>[] = [];
  readonly #byName = new Map<Name, Entry<Name>>();
  #order = 0;

  /** The earliest of all; Infinity when there is none. */
  get next(): Instant {
    return this.#heap[0]?.when ?? Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#heap.length;
  }

  get(name: Name): Instant | undefined {
    return this.#byName.get(name)?.when;
  }

  /** Sets or moves a deadline. Infinity clears it. */
  set(name: Name, when: Instant): void {
    if (when === Number.POSITIVE_INFINITY) {
      this.clear(name);
      return;
    }
    let entry = this.#byName.get(name);
    if (entry === undefined) {
      entry = { name, when, order: this.#order++, place: this.#heap.length };
      this.#byName.set(name, entry);
      this.#heap.push(entry);
    } else {
      entry.when = when;
      entry.order = this.#order++;
    }
    this.#settle(entry);
  }

  clear(name: Name): void {
    const entry = this.#byName.get(name);
    if (entry !== undefined) this.#remove(entry);
  }

  clearAll(): void {
    this.#heap.length = 0;
    this.#byName.clear();
  }

  /** Removes and returns one name whose time has come, or undefined. Call it until it returns undefined. */
  takeDue(now: Instant): Name | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.when > now) return undefined;
    this.#remove(first);
    return first.name;
  }

  #remove(entry: Entry<Name>): void {
    this.#byName.delete(entry.name);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    last.place = entry.place;
    this.#heap[last.place] = last;
    this.#settle(last);
  }

  /** Moves an entry up or down to where it belongs. */
  #settle(entry: Entry<Name>): void {
    const heap = this.#heap;
    let place = entry.place;
    while (place > 0) {
      const parent = heap[(place - 1) >> 1]!;
      if (!before(entry, parent)) break;
      heap[place] = parent;
      [parent.place, place] = [place, parent.place];
    }
    for (;;) {
      const left = heap[2 * place + 1];
      if (left === undefined) break;
      const right = heap[2 * place + 2];
      const child = right !== undefined && before(right, left) ? right : left;
      if (!before(child, entry)) break;
      heap[place] = child;
      [child.place, place] = [place, child.place];
    }
    heap[place] = entry;
    entry.place = place;
  }
}

function before<Name>(a: Entry<Name>, b: Entry<Name>): boolean {
  return a.when < b.when || (a.when === b.when && a.order < b.order);
}
