/**
 * How @ferro/utp behaves on a simulated link of 10 Mbit/s and 30 ms each way, as plots (docs/utp/*.svg) and as the table of its
 * README. Virtual time and fixed seeds: the same figures on every machine.
 *
 *     node --conditions=@ferro/source bench/utp-plots.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Flow, flows } from '../packages/utp/test/flow.ts';
import type { LinkOptions } from '../packages/utp/test/link.ts';
import { RenoFlow } from '../packages/utp/test/reno.ts';

const RATE = 1250;
const LINK: LinkOptions = { rate: RATE, latency: 30, queue: 400 * RATE };
const folder = fileURLToPath(new URL('../docs/utp/', import.meta.url));
const SECOND = 1000;

type Point = readonly [x: number, y: number];

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly Point[];
}

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly most: number;
  readonly curves: readonly Curve[];
  /** A dashed line. */
  readonly mark?: number;
}

const BLUE = '#1f6fb4';
const ORANGE = '#d9641e';
const GREEN = '#2c8f4f';
const WIDTH = 720;
const HEIGHT = 150;
const LEFT = 60;
const TOP = 28;
const STEP = HEIGHT + 62;

/** Panels one below the other, with one time axis each. */
function svg(panels: readonly Panel[], lastX: number, unitX: string): string {
  const x = (value: number) => (LEFT + (value / lastX) * (WIDTH - LEFT - 20)).toFixed(1);
  const drawn = panels.map((panel, i) => {
    const top = TOP + i * STEP;
    const y = (value: number) => (top + HEIGHT - (Math.min(value, panel.most) / panel.most) * HEIGHT).toFixed(1);
    const parts = [
      `<text x="${LEFT}" y="${top - 10}" class="title">${panel.title}</text>`,
      `<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - 20}" height="${HEIGHT}" class="frame"/>`,
    ];
    for (let tick = 0; tick <= 4; tick++) {
      const value = (panel.most * tick) / 4;
      parts.push(`<text x="${LEFT - 6}" y="${y(value)}" class="y">${Number(value.toFixed(2))}</text>`);
      const at = (lastX * tick) / 4;
      parts.push(
        `<text x="${x(at)}" y="${top + HEIGHT + 14}" class="x">${Number(at.toFixed(2))}${tick === 4 ? unitX : ''}</text>`,
      );
    }
    if (panel.mark !== undefined) {
      parts.push(`<line x1="${x(0)}" x2="${x(lastX)}" y1="${y(panel.mark)}" y2="${y(panel.mark)}" class="mark"/>`);
    }
    panel.curves.forEach((curve, place) => {
      const points = curve.points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ');
      parts.push(`<polyline points="${points}" stroke="${curve.colour}"/>`);
      parts.push(
        `<text x="${WIDTH - 20 - 140 * place}" y="${top - 10}" class="name" style="fill:${curve.colour}">${curve.name}</text>`,
      );
    });
    parts.push(
      `<text x="14" y="${top + HEIGHT / 2}" class="unit" transform="rotate(-90 14 ${top + HEIGHT / 2})">${panel.unit}</text>`,
    );
    return parts.join('\n');
  });
  const height = TOP + panels.length * STEP;
  const style =
    'text{font:11px sans-serif;fill:#444444}.title{font-weight:bold}.y{text-anchor:end;dominant-baseline:middle}.x,.unit{text-anchor:middle}' +
    '.name{text-anchor:end}.frame{fill:none;stroke:#bbbbbb}.mark{stroke:#888888;stroke-dasharray:4 4}polyline{fill:none;stroke-width:1.3}';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">\n` +
    `<title>${panels.map(({ title }) => title).join('; ')}</title>\n<style>${style}</style>\n<rect width="${WIDTH}" height="${height}" fill="white"/>\n${drawn.join('\n')}\n</svg>\n`
  );
}

function save(name: string, panels: readonly Panel[], lastX: number, unitX = ' s'): void {
  writeFileSync(`${folder}${name}.svg`, svg(panels, lastX, unitX));
}

/** Mbit/s in each half second. */
function rates(flow: { rate(from: number, to: number): number }, until: number): Point[] {
  const points: Point[] = [];
  for (let at = 0; at < until; at += 500) points.push([at / SECOND, (flow.rate(at, at + 500) * 8) / 1000]);
  return points;
}

function queue(flow: Flow): Point[] {
  return flow.samples.map((sample) => [sample.at / SECOND, sample.queue]);
}

function mean(flow: Flow, from: number, to: number): number {
  const chosen = flow.samples.filter(({ at }) => at >= from && at < to);
  return chosen.reduce((sum, sample) => sum + sample.queue, 0) / chosen.length;
}

const rows: (readonly [what: string, aim: string, measured: string])[] = [];
const percent = (part: number, digits = 1) => `${(100 * part).toFixed(digits)} %`;
/** Of the wire, headers included, so much is payload. */
const PAYLOAD = 1452 / 1500;

function alone(): void {
  const { network, flows: all } = flows(LINK, [0]);
  network.run(60 * SECOND);
  const flow = all[0]!;
  const window = flow.samples.map((sample): Point => [sample.at / SECOND, sample.window / 1024]);
  save(
    'alone',
    [
      {
        title: 'goodput',
        unit: 'Mbit/s',
        most: 12,
        curves: [{ name: 'uTP', colour: BLUE, points: rates(flow, 60 * SECOND) }],
      },
      { title: 'congestion window', unit: 'KiB', most: 300, curves: [{ name: 'uTP', colour: BLUE, points: window }] },
      {
        title: 'queue; the target is dashed',
        unit: 'ms',
        most: 200,
        mark: 100,
        curves: [{ name: 'queue', colour: GREEN, points: queue(flow) }],
      },
    ],
    60,
  );
  rows.push(['use of the link, alone', '> 95 %', percent(flow.rate(5 * SECOND, 60 * SECOND) / RATE / PAYLOAD)]);
  rows.push(['queueing delay, alone', '100 ms ± 25 %', `${mean(flow, 5 * SECOND, 60 * SECOND).toFixed(0)} ms`]);
}

/** Every whole second that the second flow may come later, for chance has a say in who sees the emptiest queue. */
function fair(): void {
  const shares = Array.from({ length: 31 }, (_, start) => {
    const { network, flows: all } = flows(LINK, [0, start * SECOND]);
    network.run((start + 120) * SECOND);
    const [one, other] = all.map((flow) => flow.rate((start + 60) * SECOND, (start + 120) * SECOND));
    if (start === 10) plotFair(all);
    return one! / other!;
  });
  const within = shares.filter((share) => share > 0.9 && share < 1.1).length;
  const spread = `${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)}`;
  rows.push([
    'two flows, first : second, in the minute after the first minute; the second comes 0, 1, … 30 s later',
    '0.9 to 1.1',
    `${within} of ${shares.length} times; ${spread} in all`,
  ]);
}

function plotFair(all: readonly Flow[]): void {
  const end = 90;
  save(
    'fair',
    [
      {
        title: 'goodput of two flows',
        unit: 'Mbit/s',
        most: 12,
        curves: [
          { name: 'first', colour: BLUE, points: rates(all[0]!, end * SECOND) },
          { name: 'second, 10 s later', colour: ORANGE, points: rates(all[1]!, end * SECOND) },
        ],
      },
      {
        title: 'queue; the target is dashed',
        unit: 'ms',
        most: 300,
        mark: 100,
        curves: [{ name: 'queue', colour: GREEN, points: queue(all[0]!).filter(([at]) => at <= end) }],
      },
    ],
    end,
  );
}

function yields(): void {
  const { network, flows: all, there, back } = flows({ ...LINK, queue: 300 * RATE }, [0]);
  const tcp = new RenoFlow(network, there, back, 20 * SECOND);
  network.run(80 * SECOND);
  tcp.stop();
  network.run(100 * SECOND);
  const flow = all[0]!;
  save(
    'tcp',
    [
      {
        title: 'goodput beside a TCP flow that comes after 20 s and goes after 80 s',
        unit: 'Mbit/s',
        most: 12,
        curves: [
          { name: 'uTP', colour: BLUE, points: rates(flow, 100 * SECOND) },
          { name: 'TCP', colour: ORANGE, points: rates(tcp, 100 * SECOND) },
        ],
      },
      {
        title: 'queue, of 300 ms at most; the target is dashed',
        unit: 'ms',
        most: 320,
        mark: 100,
        curves: [{ name: 'queue', colour: GREEN, points: queue(flow) }],
      },
    ],
    100,
  );
  const [ours, theirs] = [flow.rate(25 * SECOND, 80 * SECOND), tcp.rate(25 * SECOND, 80 * SECOND)];
  rows.push(['share beside a TCP flow (Reno, a queue of 300 ms)', '< 15 %', percent(ours / (ours + theirs))]);
  const after = flow.samples.find(({ at }) => at > 80 * SECOND && flow.rate(at - 1000, at) > 0.9 * RATE * PAYLOAD)!;
  rows.push(['until the link is taken back when it ends', '–', `${((after.at - 80 * SECOND) / SECOND).toFixed(1)} s`]);
}

function faults(): void {
  const goodput = (link: LinkOptions, seconds = 60) => {
    const { network, flows: all } = flows({ ...LINK, ...link }, [0]);
    network.run(seconds * SECOND);
    return all[0]!.rate(10 * SECOND, seconds * SECOND) / RATE / PAYLOAD;
  };
  const losses = [0, 0.001, 0.005, 0.01, 0.02, 0.05];
  const points = losses.map((loss): Point => [100 * loss, 100 * goodput({ loss })]);
  save(
    'loss',
    [
      {
        title: 'use of the link against random loss',
        unit: '%',
        most: 100,
        curves: [{ name: 'uTP', colour: BLUE, points }],
      },
    ],
    5,
    ' %',
  );
  const told = points.filter(([loss]) => loss !== 0.5);
  rows.push([
    `use of the link at a loss of ${told.map(([loss]) => loss).join(' / ')} %`,
    '–',
    `${told.map(([, use]) => use.toFixed(0)).join(' / ')} %`,
  ]);
  rows.push([
    'packets late by up to 10 / 40 ms at random',
    'no collapse',
    `${percent(goodput({ jitter: 10 }))} / ${percent(goodput({ jitter: 40 }))}`,
  ]);
  rows.push(['one packet in twenty comes twice', 'no collapse', percent(goodput({ duplicate: 0.05 }))]);
  rows.push(['a round trip of 300 ms', 'full use', percent(goodput({ latency: 150 }))]);
}

mkdirSync(folder, { recursive: true });
alone();
fair();
yields();
faults();
process.stdout.write('| 10 Mbit/s, 30 ms each way | aim | measured |\n|---|---|---|\n');
for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`);
