/** The page of one cell: the rule, what came, the conversation in both directions, and the line that repeats it. */
import type { Entry } from '../../timeline.ts';
import type { CaseResult, Results } from '../results.ts';
import { html, type Markup } from './markup.ts';
import { page, specification } from './page.ts';

export function cellPage(result: CaseResult, { target, date }: Results): string {
  const { id, title, outcome, section, level, bep, expected, actual, message, alternative, replay, timeline } = result;
  const body = html`<main class="cell">
<p><a href="../index.html">All cases</a></p>
<h1>${id}</h1>
<p class="rule">${title}.</p>
<p><span class="outcome ${outcome}">${outcome}</span> ${[target.name, target.version ?? []].flat().join(' ')}, ${date.slice(0, 16).replace('T', ' ')} UTC</p>
<dl>
<dt>Stands in</dt><dd><a href="${specification(bep)}">${section}</a></dd>
<dt>Level</dt><dd>${level}</dd>
${row('Outcome named', alternative)}
${row('Expected', expected)}
${row('Came', actual)}
${expected === undefined ? row('Because', message) : undefined}
${Object.entries(result.observed).map(([key, value]) => row(key, value))}
${row('Each attempt', result.attempts?.join(', '))}
<dt>Again</dt><dd><code>${replay}</code></dd>
</dl>
<h2>What was said</h2>
${timeline.length === 0 ? html`<p>Nothing was asked.</p>` : conversation(timeline)}
</main>`;
  return page(`${id}, ${target.name}`, body);
}

function row(name: string, value: string | undefined): Markup | undefined {
  return value === undefined ? undefined : html`<dt>${name}</dt><dd>${value}</dd>`;
}

const arrows = { sent: '→', received: '←', note: '' } as const;

function conversation(timeline: readonly Entry[]): Markup {
  const lines = timeline.map(
    ({ atMs, link, direction, what, length, hex }) => html`<tr class="${direction}">
<td class="number">${atMs.toFixed(1)}</td><td>${link}</td><td class="arrow" title="${direction}">${arrows[direction]}</td>
<td>${hex === undefined || hex === '' ? what : html`<details><summary>${what}${what.endsWith(' bytes') ? undefined : html` <small>${length} bytes</small>`}</summary><pre>${dump(hex)}</pre></details>`}</td>
</tr>
`,
  );
  return html`<table class="timeline"><thead><tr><th>ms</th><th>link</th><th></th><th>message</th></tr></thead><tbody>${lines}</tbody></table>`;
}

/** Sixteen bytes a line: where, what, and as text. */
export function dump(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const part = bytes.subarray(16 * line, 16 * line + 16);
    const digits = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    return `${(16 * line).toString(16).padStart(4, '0')}  ${digits.padEnd(47)}  ${text}`;
  }).join('\n');
}
