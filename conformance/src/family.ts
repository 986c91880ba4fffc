/** A family: cases that share a probe, a control and a reference node. Families know nothing of each other. */
import type { Case } from './case.ts';
import type { Context } from './context.ts';
import type { Target } from './target/target.ts';

export interface Family {
  /** Folder under `src/cases`, and name of its file in `kill-matrix`. */
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
  readonly reference: Reference;
  /** What every target does, done once before anything is asked: throws a Finding where it is not done, and then nothing is judged. */
  canary(context: Context): Promise<void>;
  /** The positive control: one trivial exchange that a healthy target answers. Throws if it does not. */
  control(context: Context): Promise<void>;
}

/** A small, boring node that keeps the rules, with a switch for each way to break them. */
export interface Reference {
  readonly name: string;
  /** Each switch with what it does wrong. `no-op` changes nothing and has to turn nothing red. */
  readonly bugs: Readonly<Record<string, string>>;
  open(bugs: ReadonlySet<string>): Promise<Target>;
}
