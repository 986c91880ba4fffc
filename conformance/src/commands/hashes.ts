/** ferro-conformance hashes: a list of info-hashes for a target that serves only those on a list. */
import { Command } from 'commander';
import { listInfoHashes } from '../target/info-hashes.ts';
import { countOf, print } from './output.ts';

export function hashes(): Command {
  return new Command('hashes')
    .description('print a list of info-hashes, for trackers that serve only what is on a list')
    .option('--count <count>', 'how many', '4000')
    .action(({ count }: { readonly count: string }) => print(listInfoHashes(countOf(count, '--count')).join('\n')));
}
