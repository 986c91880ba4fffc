/** One line that says how a transfer goes: on a terminal it is drawn over itself; in a pipe, and without --json, it is silent. */
import type { Torrent, TorrentStats } from '@ferro/client';
import { progressOf } from './commands/network.ts';
import { limits } from './limits.ts';
import { type Output, visible } from './output.ts';
import { formatBytes, formatTime } from './units.ts';

const CLEAR = '\r\x1b[2K';
const MAP_WIDTH = 24;
const SHADES = [' ', '░', '▒', '▓', '█'];

export class StatusLine {
  readonly #output: Output;
  readonly #torrents: readonly Torrent[];
  readonly #timer: NodeJS.Timeout;
  readonly #terminal: boolean;

  constructor(output: Output, torrents: readonly Torrent[]) {
    this.#output = output;
    this.#torrents = torrents;
    this.#terminal = !output.json && process.stderr.isTTY === true;
    this.#timer = setInterval(() => this.#tell(), limits.progressMs);
    this.#timer.unref();
  }

  /** Everything is here: the last line stays. */
  finish(): void {
    this.stop();
    if (this.#output.json) return;
    for (const torrent of this.#torrents) {
      const { downloaded, wanted } = torrent.stats();
      this.#output.print(
        `${visible(torrent.name)}: ${formatBytes(wanted)} verified, ${formatBytes(downloaded)} downloaded`,
      );
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#terminal) process.stderr.write(CLEAR);
  }

  #tell(): void {
    for (const torrent of this.#torrents) this.#output.emit({ type: 'progress', ...progressOf(torrent) });
    if (!this.#terminal) return;
    const [first, ...others] = this.#torrents;
    const line = first !== undefined && others.length === 0 ? lineOf(first) : lineOfSeveral(this.#torrents);
    process.stderr.write(CLEAR + line.slice(0, (process.stderr.columns ?? 80) - 1));
  }
}

function lineOf(torrent: Torrent): string {
  const stats = torrent.stats();
  if (stats.state === 'checking')
    return `checking ${percent(stats.checked, stats.pieceCount)} of ${visible(torrent.name)}`;
  const map = pieceMap(torrent.pieces, stats.pieceCount, MAP_WIDTH);
  const left = stats.state === 'seeding' ? 'seeding' : `${formatTime(stats.secondsLeft)} left`;
  const trouble = stats.trouble === undefined ? '' : `  disk: ${stats.trouble}`;
  return `[${map}] ${percent(stats.done, stats.wanted)}  ${ratesOf([stats])}  ${left}${trouble}`;
}

function lineOfSeveral(torrents: readonly Torrent[]): string {
  const all = torrents.map((torrent) => torrent.stats());
  const seeding = all.filter(({ state }) => state === 'seeding').length;
  const trouble = all.find((stats) => stats.trouble !== undefined)?.trouble;
  const disk = trouble === undefined ? '' : `  disk: ${trouble}`;
  return `${seeding} of ${all.length} torrents seeding  ${ratesOf(all)}${disk}`;
}

function ratesOf(all: readonly Pick<TorrentStats, 'downloadRate' | 'uploadRate' | 'peers'>[]): string {
  const sum = (of: (stats: (typeof all)[number]) => number) => all.reduce((total, each) => total + of(each), 0);
  const down = formatBytes(sum(({ downloadRate }) => downloadRate));
  const up = formatBytes(sum(({ uploadRate }) => uploadRate));
  return `↓ ${down}/s ↑ ${up}/s  ${sum(({ peers }) => peers)} peers`;
}

function percent(part: number, whole: number): string {
  return `${(whole === 0 ? 100 : Math.floor((1000 * part) / whole) / 10).toFixed(1)} %`;
}

/** The pieces as a row of cells, the darker the more of them are here. */
export function pieceMap(bits: Uint8Array, pieceCount: number, width: number): string {
  let map = '';
  for (let cell = 0; cell < width; cell++) {
    const first = Math.floor((cell * pieceCount) / width);
    const end = Math.max(first + 1, Math.floor(((cell + 1) * pieceCount) / width));
    let here = 0;
    for (let piece = first; piece < end; piece++) if (((bits[piece >> 3] ?? 0) & (128 >> (piece & 7))) !== 0) here++;
    map += SHADES[Math.floor((here / (end - first)) * (SHADES.length - 1))];
  }
  return map;
}
