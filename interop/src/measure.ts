/** Figures beside the verdicts, from the capture: they are shown, and nobody passes or fails by them. */
import type { Facts } from './wire/facts.ts';

export interface Measures {
  /** Bytes of blocks a second, from the leecher's first to its last. */
  readonly goodput?: number;
  /** Milliseconds from the first call between peers. */
  readonly metadataMs?: number;
  readonly firstPieceMs?: number;
  /** Blocks that came more than once, as a part of all. */
  readonly duplicates?: number;
}

export function measure({ talks }: Facts, ...leecher: readonly string[]): Measures {
  const mine = talks.filter(({ voices }) => voices.some(({ from }) => leecher.includes(from.ip)));
  if (mine.length === 0) return {};
  const begun = Math.min(...mine.map(({ startedAt }) => startedAt));
  const others = mine.flatMap(({ voices }) => voices).filter(({ from }) => !leecher.includes(from.ip));
  const times = (pick: 'firstBlockAt' | 'lastBlockAt' | 'firstPieceAt' | 'lastMetadataAt') =>
    others.map((voice) => voice[pick]).filter((time) => time !== undefined);
  const payload = others.reduce((sum, voice) => sum + voice.payload, 0);
  const repeated = others.reduce((sum, voice) => sum + voice.duplicate, 0);
  const seconds = Math.max(...times('lastBlockAt')) - Math.min(...times('firstBlockAt'));
  const since = (list: readonly number[]) => Math.round(1000 * (Math.min(...list) - begun));
  return {
    ...(seconds > 0 && { goodput: Math.round(payload / seconds) }),
    ...(times('lastMetadataAt').length > 0 && { metadataMs: since(times('lastMetadataAt')) }),
    ...(times('firstPieceAt').length > 0 && { firstPieceMs: since(times('firstPieceAt')) }),
    ...(payload > 0 && { duplicates: repeated / payload }),
  };
}

export function medianOf(list: readonly Measures[]): Measures {
  const keys = ['goodput', 'metadataMs', 'firstPieceMs', 'duplicates'] as const;
  const medians = keys.flatMap((key) => {
    const values = list.map((measures) => measures[key]).filter((value) => value !== undefined);
    values.sort((one, other) => one - other);
    return values.length === 0 ? [] : [[key, values[values.length >> 1]!] as const];
  });
  return Object.fromEntries(medians);
}
