/** The options that narrow a run, for every command that takes them. */
import type { Command } from 'commander';
import type { Selection } from '../runner/select.ts';

export interface SelectionSettings {
  readonly case?: readonly string[];
  readonly skip?: readonly string[];
  readonly bep?: string;
  readonly level?: string;
  readonly role?: string;
  readonly tier1?: boolean;
  readonly slow?: boolean;
  readonly without?: string;
}

export function selectionOptions(command: Command): Command {
  return command
    .option('--case <id...>', 'only these; the end of an id may be *')
    .option('--skip <id...>', 'not these')
    .option('--bep <numbers>', 'only these, as in 3,15,48')
    .option('--level <levels>', 'only these, as in MUST,STATED')
    .option('--role <roles>', 'only these, as in tracker,dht')
    .option('--tier1', 'only the first cases to look at')
    .option('--slow', 'also those that wait for minutes of protocol time')
    .option(
      '--without <needs>',
      'leave out what needs ipv6 or second-address, instead of failing where they are missing',
    );
}

export function selectionOf(settings: SelectionSettings): Selection {
  const split = (text: string | undefined) => text?.split(',').map((word) => word.trim());
  const { case: ids, skip, tier1, slow } = settings;
  const [beps, levels, roles, without] = [settings.bep, settings.level, settings.role, settings.without].map(split);
  return {
    ...(ids !== undefined && { ids }),
    ...(skip !== undefined && { skip }),
    ...(beps !== undefined && { beps }),
    ...(levels !== undefined && { levels: levels.map((level) => level.toUpperCase()) }),
    ...(roles !== undefined && { roles }),
    ...(without !== undefined && { without }),
    ...(tier1 !== undefined && { tier1 }),
    ...(slow !== undefined && { slow }),
  };
}
