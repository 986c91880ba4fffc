// Sums up the vitest reports named behind the runner's exit code.
import { summarize } from './test-summary.ts';

const [code, ...files] = process.argv.slice(2);
process.exitCode = summarize(Number(code), files);
