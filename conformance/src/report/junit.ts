/** `junit.xml`: the verdicts for servers that read nothing else. Green is what does not spoil the run; the rest keeps its own word. */
import { isFailure } from '../grading.ts';
import type { CaseResult, Results } from './results.ts';

export function junit(results: Results): string {
  const { cases, target, strict, date } = results;
  const failures = cases.filter(({ outcome }) => isFailure(outcome, strict)).length;
  const errors = cases.filter(({ outcome }) => outcome === 'harness-error').length;
  const skipped = cases.filter(({ outcome }) => outcome === 'unimplemented').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
  const suite = `<testsuite name="${escapeXml(target.name)}" timestamp="${date}" ${counts}>`;
  const body = cases.map((each) => testCase(each, strict)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suite}\n${body}\n</testsuite>\n</testsuites>\n`;
}

function testCase(result: CaseResult, strict: boolean): string {
  const { id, family, ms, outcome, message = '', title, replay } = result;
  const open = `<testcase classname="${escapeXml(family)}" name="${escapeXml(id)}" time="${ms / 1000}"`;
  const text = escapeXml(`${title}\n${message}\n${replay}`);
  const tag = (name: string) =>
    `${open}><${name} message="${escapeXml(`${outcome}: ${message}`)}">${text}</${name}></testcase>`;
  if (outcome === 'harness-error') return tag('error');
  if (isFailure(outcome, strict)) return tag('failure');
  if (outcome === 'unimplemented') return `${open}><skipped message="${escapeXml(message)}"/></testcase>`;
  return `${open}/>`;
}

/** What XML has no place for, control characters, becomes a question mark. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
