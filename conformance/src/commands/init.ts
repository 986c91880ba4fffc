/** ferro-conformance init: asks three questions, and writes the manifest of a target and a workflow that runs the suite. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import type { Manifest } from '../target/manifest.ts';
import { print, UsageError } from './output.ts';

const manifestPath = 'conformance.target.json';
const workflowPath = '.github/workflows/bittorrent-conformance.yml';

interface Answers {
  readonly name: string;
  readonly command: string;
  readonly role: string;
}

export function init(): Command {
  return new Command('init')
    .description('write conformance.target.json and a workflow, from three answers')
    .option('--name <name>', 'what the program is called')
    .option('--role <role>', 'tracker, dht, seeder or leecher')
    .option('--command <line>', 'the command line that starts it, with {port} and what else the role needs')
    .action(async (settings: Partial<Answers>) => {
      if (existsSync(manifestPath)) throw new UsageError(`${manifestPath} is there already`);
      const answers = await ask(settings);
      writeFileSync(manifestPath, `${JSON.stringify(manifestOf(answers), undefined, 2)}\n`);
      mkdirSync('.github/workflows', { recursive: true });
      if (!existsSync(workflowPath)) writeFileSync(workflowPath, workflow);
      print(`wrote ${manifestPath} and ${workflowPath}\ntry: npx @ferro/conformance doctor --target ${manifestPath}`);
    });
}

async function ask(settings: Partial<Answers>): Promise<Answers> {
  const { name, role, command } = settings;
  if (name !== undefined && role !== undefined && command !== undefined) return { name, role, command };
  if (process.stdin.isTTY !== true) throw new UsageError('say --name, --role and --command');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answers = {
    name: name ?? (await prompt.question('What is the program called? ')),
    role: role ?? (await prompt.question('What does it play: tracker, dht, seeder or leecher? ')),
    command: command ?? (await prompt.question('Which command line starts it, with {port} where the port stands? ')),
  };
  prompt.close();
  return answers;
}

export function manifestOf({ name, role, command }: Answers): Manifest {
  const known = ['tracker', 'dht', 'seeder', 'leecher'] as const;
  const own = known.find((each) => each === role);
  if (own === undefined) throw new UsageError(`${role} is none of ${known.join(', ')}`);
  if (!command.includes('{port}')) throw new UsageError('the command line has to say {port}: the suite chooses it');
  return { name, roles: [own], driver: { kind: 'exec', commands: { [own]: command } } };
}

const workflow = `name: BitTorrent conformance
on: [push, pull_request]
jobs:
  conformance:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-node@v6
        with: { node-version: 24 }
      - run: make
      - run: npx @ferro/conformance run --target conformance.target.json --out report
      - if: always()
        run: cat report/summary.md >> "$GITHUB_STEP_SUMMARY"
      - if: always()
        uses: actions/upload-artifact@v5
        with: { name: conformance, path: report }
`;
