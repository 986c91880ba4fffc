/** A case: one rule, one verdict. Its level, roles and tier come from the catalogue; the rest is declared beside the code. */
import { catalogue, type Facts } from './catalogue.ts';
import type { Context } from './context.ts';
import { HarnessError } from './finding.ts';
import type { Outcome } from './grading.ts';
import type { Endpoints, Errand } from './target/target.ts';

/** What a case speaks to: an address of the target, the target itself, started for the case, or a program that is run to its end. */
export type Means = keyof Endpoints | Errand | 'launch' | 'read' | 'make';

/** What the machine has to have. A missing one fails the run, because a skip reads as green. */
export type Need = 'ipv6' | 'second-address';

/** What a named outcome means for the verdict. */
export type Alternative = 'pass' | 'non-strict' | 'fail';

export interface Declaration<Tools> {
  /** From the catalogue, permanent. */
  readonly id: string;
  /** The rule in our own words, as a sentence about the target. */
  readonly title: string;
  /** Where the rule stands: 'BEP 15, connect'. */
  readonly section: string;
  /** Other means than those of the family. */
  readonly means?: Means;
  readonly needs?: readonly Need[];
  /** Fast unless said otherwise; the catalogue's slow cases are slow in any way. */
  readonly budget?: 'normal' | 'slow';
  /** Floods, or pretends to be somebody else: never asked of a public address, whatever the user says. */
  readonly privateOnly?: true;
  /** Runs while no other case does. */
  readonly alone?: true;
  /** A case that shows whether the target has the thing at all: if it does not pass, this one is not asked. */
  readonly gate?: string;
  /** Where several answers are right, each gets a name, and the report says which one came. */
  readonly alternatives?: Readonly<Record<string, Alternative>>;
  /**
   * Bugs of the family's reference node, each with the outcome that it has to cause. A case that only records needs one that changes
   * what is recorded (`info`). No case counts without one.
   */
  readonly killedBy: Readonly<Record<string, Outcome>>;
  run(tools: Tools): Promise<void>;
}

export interface Case extends Omit<Declaration<never>, 'run' | 'budget' | 'means' | 'needs' | 'alternatives'> {
  readonly facts: Facts;
  readonly means: Means;
  readonly needs: readonly Need[];
  readonly budget: 'fast' | 'normal' | 'slow';
  readonly alternatives: Readonly<Record<string, Alternative>>;
  run(context: Context): Promise<void>;
}

/** Makes a family's `defineCase`: `tools` builds what the bodies of its cases are given beside the context. */
export function caseMaker<Tools>(
  means: Means,
  tools: (context: Context) => Tools,
): (declaration: Declaration<Context & Tools>) => Case {
  return (declaration) => {
    const facts = catalogue.get(declaration.id);
    if (facts === undefined) throw new HarnessError(`${declaration.id} is not in the catalogue`);
    return {
      means,
      needs: [],
      alternatives: {},
      ...declaration,
      facts,
      budget: facts.slow ? 'slow' : (declaration.budget ?? 'fast'),
      run: (context) => declaration.run({ ...context, ...tools(context) }),
    };
  };
}
