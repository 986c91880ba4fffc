/** The matrix: a row a case, folded by where its rule stands; a column a target; filters, sorting and a strict view in the page itself. */
import { outcomes } from '../../grading.ts';
import type { CaseResult, Results } from '../results.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';

export function indexPage(all: readonly Results[]): string {
  const facts = new Map(all.flatMap(({ cases }) => cases.map((each) => [each.id, each] as const)));
  const areas = Map.groupBy(facts.values(), ({ id }) => id.slice(0, id.lastIndexOf('.')));
  const byTarget = all.map(({ cases }) => new Map(cases.map((each) => [each.id, each])));
  const body = html`<main>
<h1>BitTorrent conformance</h1>
<p class="lead">${facts.size} rules, asked of ${all.length === 1 ? 'one target' : `${all.length} targets`}. A rule of level MUST or STATED that is not met is a
failure; custom and advice are not; where the text is silent the answer is recorded.</p>
${all.map(overview)}
${filters([...new Set([...facts.values()].map(({ level }) => level))])}
<table class="matrix">
<thead><tr>
<th><button data-sort="id">Case</button></th><th><button data-sort="level">Level</button></th><th>Rule</th>
${all.map(({ target }, column) => html`<th><button data-sort="${column}">${target.name}</button><small>${target.version}</small></th>`)}
</tr></thead>
${[...areas].map(([area, cases]) => areaRows(area, cases, byTarget))}
</table>
<p class="none" hidden>No case fits these filters.</p>
</main>`;
  return page('BitTorrent conformance', body, true);
}

/** The page of one cell, beside the index. */
export function cellPath(column: number, id: string): string {
  return `cells/${column}-${id}.html`;
}

function overview({ target, counts, suite, date, seed }: Results): Markup {
  const said = outcomes.filter((outcome) => counts[outcome] > 0);
  const total = said.reduce((sum, outcome) => sum + counts[outcome], 0);
  return html`<section class="overview">
<h2>${target.name} <small>${target.version}</small></h2>
<div class="bar" role="img" aria-label="${said.map((each) => `${counts[each]} ${each}`).join(', ')}">
${said.map((each) => html`<span class="${each}" style="flex-grow: ${counts[each]}"></span>`)}</div>
<p>${said.map((each) => html`<span class="count"><i class="${each}"></i>${counts[each]} ${each}</span> `)}
<small>of ${total}; suite ${suite}, ${date.slice(0, 10)}, seed ${seed}</small></p>
</section>
`;
}

function filters(levels: readonly string[]): Markup {
  const box = (kind: string, value: string) =>
    html`<label><input type="checkbox" name="${kind}" value="${value}" checked>${value}</label>`;
  return html`<form class="filters">
<input type="search" name="text" placeholder="Find a case or a word" aria-label="Find a case or a word">
<fieldset><legend>Level</legend>${levels.map((level) => box('level', level))}</fieldset>
<fieldset><legend>Outcome</legend>${outcomes.map((outcome) => box('outcome', outcome))}</fieldset>
<fieldset><legend>View</legend><label><input type="checkbox" name="strict" value="yes">strict</label></fieldset>
</form>
`;
}

function areaRows(
  area: string,
  cases: readonly CaseResult[],
  byTarget: readonly ReadonlyMap<string, CaseResult>[],
): Markup {
  return html`<tbody data-area="${area}">
<tr class="area"><th colspan="${3 + byTarget.length}"><button aria-expanded="true">${area}</button> <small>${cases.length}</small></th></tr>
${cases.map(({ id, level, title }) => {
  const results = byTarget.map((target) => target.get(id));
  const seen = results.flatMap((result) => result?.outcome ?? []).join(' ');
  return html`<tr data-id="${id}" data-level="${level}" data-outcomes="${seen}">
<td><code>${id.slice(area.length + 1)}</code></td><td>${level}</td><td>${title}</td>
${results.map((result, column) => cell(result, column))}</tr>
`;
})}</tbody>
`;
}

function cell(result: CaseResult | undefined, column: number): Markup {
  if (result === undefined) return html`<td></td>`;
  const { id, outcome, alternative, observed } = result;
  const recorded = outcome === 'info' ? Object.values(observed).join('; ') : undefined;
  const words = alternative ?? recorded ?? (result.unscored === true ? 'not in the set' : undefined);
  return html`<td><a class="outcome ${outcome}" href="${cellPath(column, id)}">${outcome}</a>
${words === undefined ? undefined : html`<small>${words}</small>`}</td>`;
}
