/** ferro lint: everything in a torrent file that is not as the BEPs have it, with the rule and the place. */

import { parseTorrent, rules } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { Output } from '../output.ts';
import { readTorrent } from '../source.ts';

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly offset: number | null;
  readonly spec: string;
  readonly text: string;
}

export function lint(): Command {
  return new Command('lint')
    .description('find what is wrong in a torrent file; exit code 1 if something is')
    .argument('<torrent>', 'a .torrent file')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ferro lint strange.torrent\n\nNotes alone do not fail.')
    .action(async (path: string, options: { json?: boolean }) => {
      await using host = nodeHost();
      const findings = findingsOf(await readTorrent(host, path));
      new Output(options.json === true).result({ findings }, () => textOf(findings));
      if (findings.some(({ severity }) => severity !== 'note')) process.exitCode = 1;
    });
}

function findingsOf(bytes: Uint8Array): Finding[] {
  try {
    return parseTorrent(bytes).deviations.map(({ rule, offset }) => ({ rule, offset, ...rules[rule] }));
  } catch (error) {
    const { code, spec, message, offset } = error as Error & { code?: string; spec?: string; offset?: number };
    if (code === undefined) throw error;
    return [{ rule: code, severity: 'fatal', offset: offset ?? null, spec: spec ?? '', text: message }];
  }
}

function textOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing to say against it';
  return findings
    .map(
      ({ rule, severity, offset, spec, text }) =>
        `${severity.padEnd(7)}  byte ${offset ?? '?'}  ${rule}  ${text} (${spec})`,
    )
    .join('\n');
}
