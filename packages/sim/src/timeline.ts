/**
 * Virtual time: actions ordered by time and, where times are equal, by when they were asked for. Time jumps from one action to
 * the next; nothing happens between them, and no action runs inside another.
 */
import { type Closable, Deadlines, type Instant } from '@ferro/core';

class Action implements Closable {
  readonly run: () => void;
  readonly #actions: Deadlines<Action>;

  constructor(actions: Deadlines<Action>, run: () => void) {
    this.#actions = actions;
    this.run = run;
  }

  close(): void {
    this.#actions.clear(this);
  }
}

export class Timeline {
  readonly #actions = new Deadlines<Action>();
  #now: Instant = 0;

  get now(): Instant {
    return this.#now;
  }

  /** How many actions are still to come. */
  get pending(): number {
    return this.#actions.size;
  }

  /** When the next action is due; Infinity when there is none. */
  get next(): Instant {
    return this.#actions.next;
  }

  /** What is due in the past runs now, after what is due now already. Infinity is never. */
  at(when: Instant, run: () => void): Closable {
    if (Number.isNaN(when)) throw new RangeError('a time must be a number');
    const action = new Action(this.#actions, run);
    this.#actions.set(action, Math.max(when, this.#now));
    return action;
  }

  /** Goes to the next action and runs it, if it is due by then. */
  step(until: Instant): boolean {
    const when = this.#actions.next;
    if (when > until) return false;
    const action = this.#actions.takeDue(when);
    if (action === undefined) return false;
    this.#now = when;
    action.run();
    return true;
  }

  /** Lets time pass without running anything: there must be nothing due before. */
  passTo(when: Instant): void {
    if (when > this.#actions.next) throw new RangeError('an action is due before that');
    this.#now = Math.max(this.#now, when);
  }
}
