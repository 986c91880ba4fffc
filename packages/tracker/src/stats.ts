/** What a tracker says about itself: for programs as JSON and in Prometheus' text form, for people as a page. No BEP. */
import { utf8 } from '@ferro/core';
import type { Page } from './http-side.ts';
import type { TrackerCounts } from './rules.ts';
import type { StoreTotals } from './store.ts';

export interface TrackerStats extends StoreTotals, Readonly<TrackerCounts> {
  /** Seconds since the start. */
  readonly uptime: number;
  /** HTTP connections open now. */
  readonly connections: number;
}

/** The page at a path, or undefined. */
export function statsPage(path: string, stats: () => TrackerStats): Page | undefined {
  if (path === '/stats.json') return { type: 'application/json', body: utf8(`${JSON.stringify(stats())}\n`) };
  if (path === '/metrics') return { type: 'text/plain; version=0.0.4', body: utf8(metrics(stats())) };
  if (path === '/stats' || path === '/') return { type: 'text/html; charset=utf-8', body: utf8(html(stats())) };
  return undefined;
}

function metrics(stats: TrackerStats): string {
  const lines: string[] = [];
  const metric = (
    name: string,
    kind: 'gauge' | 'counter',
    help: string,
    values: Record<string, number | undefined>,
  ) => {
    const known = Object.entries(values).filter((entry) => entry[1] !== undefined);
    if (known.length === 0) return;
    lines.push(`# HELP ferro_tracker_${name} ${help}`, `# TYPE ferro_tracker_${name} ${kind}`);
    for (const [labels, value] of known) lines.push(`ferro_tracker_${name}${labels} ${value}`);
  };
  metric('swarms', 'gauge', 'Swarms with at least one peer.', { '': stats.swarms });
  metric('peers', 'gauge', 'Peers known now.', {
    '{role="seeder"}': stats.seeders,
    '{role="leecher"}': stats.leechers,
  });
  metric('announces_total', 'counter', 'Announces received.', {
    '{protocol="udp"}': stats.announcesUdp,
    '{protocol="http"}': stats.announcesHttp,
  });
  metric('scrapes_total', 'counter', 'Scrapes received.', {
    '{protocol="udp"}': stats.scrapesUdp,
    '{protocol="http"}': stats.scrapesHttp,
  });
  metric('errors_total', 'counter', 'Questions answered with an error.', { '': stats.errors });
  metric('ignored_total', 'counter', 'Datagrams without an answer and bad requests.', { '': stats.ignored });
  metric('store_failures_total', 'counter', 'Questions that the store could not answer.', { '': stats.storeFailures });
  metric('not_recorded_total', 'counter', 'Announces beyond a limit.', { '': stats.notRecorded });
  metric('connections', 'gauge', 'HTTP connections open now.', { '': stats.connections });
  metric('uptime_seconds', 'gauge', 'Seconds since the start.', { '': stats.uptime });
  return `${lines.join('\n')}\n`;
}

const ROWS: readonly (readonly [label: string, field: keyof TrackerStats])[] = [
  ['Swarms', 'swarms'],
  ['Seeders', 'seeders'],
  ['Leechers', 'leechers'],
  ['Announces over UDP', 'announcesUdp'],
  ['Announces over HTTP', 'announcesHttp'],
  ['Scrapes over UDP', 'scrapesUdp'],
  ['Scrapes over HTTP', 'scrapesHttp'],
  ['Errors answered', 'errors'],
  ['Ignored', 'ignored'],
  ['Store failures', 'storeFailures'],
  ['Not recorded', 'notRecorded'],
  ['Open connections', 'connections'],
  ['Seconds up', 'uptime'],
];

/** Numbers and fixed words only: nothing of it was said by a stranger. */
function html(stats: TrackerStats): string {
  const rows = ROWS.map(([label, field]) => `<tr><th>${label}<td>${stats[field] ?? 'not counted'}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ferro tracker</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 2rem auto; padding: 0 1rem }
table { width: 100%; border-collapse: collapse } th { text-align: left; font-weight: normal }
td { text-align: right; font-variant-numeric: tabular-nums } th, td { border-bottom: 1px solid #8884; padding: .2rem 0 }
</style>
<h1>Ferro tracker</h1>
<table>
${rows.join('\n')}
</table>
<p><a href="/stats.json">JSON</a> · <a href="/metrics">metrics</a>
`;
}
