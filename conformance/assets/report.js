// Filters, sorting and folding of the matrix. What is chosen stands in the address, so that a view can be passed on.
const form = document.querySelector('.filters');
const table = document.querySelector('.matrix');
const bodies = [...table.tBodies];
const headings = [...table.tHead.rows[0].cells];
const worst = ['crash', 'fail', 'flaky', 'harness-error', 'non-strict', 'info', 'unimplemented', 'pass', ''];

function checked(name) {
  return [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
}

function filter() {
  const levels = checked('level');
  const outcomes = checked('outcome');
  const words = form.elements.text.value.toLowerCase();
  let shown = 0;
  for (const body of bodies) {
    const [head, ...rows] = body.rows;
    const open = head.querySelector('button').ariaExpanded === 'true';
    let fitting = 0;
    for (const row of rows) {
      const { id, level, outcomes: seen } = row.dataset;
      const fits =
        levels.includes(level) &&
        seen.split(' ').some((outcome) => outcomes.includes(outcome)) &&
        `${id} ${row.textContent}`.toLowerCase().includes(words);
      row.hidden = !(fits && open);
      if (fits) fitting++;
    }
    body.hidden = fitting === 0;
    head.querySelector('small').textContent = fitting;
    shown += fitting;
  }
  document.querySelector('.none').hidden = shown > 0;
  document.body.classList.toggle('strict', form.elements.strict.checked);
}

function keyOf(row, column) {
  if (column === 'id') return row.dataset.id;
  if (column === 'level') return row.dataset.level;
  const outcome = row.cells[3 + Number(column)].querySelector('a')?.textContent ?? '';
  return String(worst.indexOf(outcome));
}

function sort(column, descending) {
  for (const heading of headings) {
    const mine = heading.querySelector('button')?.dataset.sort === column;
    if (mine) heading.ariaSort = descending ? 'descending' : 'ascending';
    else heading.removeAttribute('aria-sort');
  }
  for (const body of bodies) {
    const [head, ...rows] = body.rows;
    rows.sort((a, b) => keyOf(a, column).localeCompare(keyOf(b, column)) * (descending ? -1 : 1));
    body.append(head, ...rows);
  }
}

function remember() {
  const state = new URLSearchParams();
  if (form.elements.text.value !== '') state.set('text', form.elements.text.value);
  for (const name of ['level', 'outcome']) {
    if (checked(name).length < form.querySelectorAll(`[name=${name}]`).length) state.set(name, checked(name).join(','));
  }
  if (form.elements.strict.checked) state.set('strict', 'yes');
  const sorted = headings.find((heading) => heading.ariaSort !== null);
  if (sorted)
    state.set('sort', `${sorted.ariaSort === 'descending' ? '-' : ''}${sorted.querySelector('button').dataset.sort}`);
  history.replaceState(null, '', `#${state}`);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  form.elements.text.value = state.get('text') ?? '';
  for (const name of ['level', 'outcome']) {
    const chosen = state.get(name)?.split(',');
    for (const box of form.querySelectorAll(`[name=${name}]`)) box.checked = chosen?.includes(box.value) ?? true;
  }
  form.elements.strict.checked = state.has('strict');
  const column = state.get('sort');
  if (column !== null) sort(column.replace(/^-/, ''), column.startsWith('-'));
  filter();
}

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', () => {
  filter();
  remember();
});
table.addEventListener('click', ({ target }) => {
  if (target.dataset.sort !== undefined) {
    sort(target.dataset.sort, target.closest('th').ariaSort === 'ascending');
    remember();
  } else if (target.ariaExpanded !== null && target.tagName === 'BUTTON') {
    target.ariaExpanded = String(target.ariaExpanded !== 'true');
    filter();
  }
});
addEventListener('hashchange', recall);
recall();
