/** ferro-conformance report: the pages again, of one run or of several beside each other. */
import { Command } from 'commander';
import { readResults, writeReports, writeSite } from '../report/write.ts';
import { note } from './output.ts';

export function report(): Command {
  return new Command('report')
    .description('make the pages of one results.json, or of several with a column each')
    .argument('<results...>')
    .requiredOption('--out <folder>', 'where to')
    .action((paths: readonly string[], { out }: { readonly out: string }) => {
      const [first, ...others] = paths.map(readResults);
      if (others.length === 0) writeReports(out, first!);
      else writeSite(out, [first!, ...others]);
      note(`see ${out}/index.html`);
    });
}
