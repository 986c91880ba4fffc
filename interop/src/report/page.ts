/** The run as one page that needs no server: page.html with the record in it. */
import { readFileSync } from 'node:fs';
import type { RunRecord } from './record.ts';

const TEMPLATE = new URL('page.html', import.meta.url);

export function pageOf(run: RunRecord): string {
  // What programs print must not end the script that carries it.
  const data = JSON.stringify(run).replaceAll('<', '\\u003c');
  return readFileSync(TEMPLATE, 'utf8').replace('null /* the record */', () => data);
}
