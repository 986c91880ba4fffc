/** What the core of a web seed knows, for the files that each do one thing with it: send, receive, leave (BEP 19; BEP 17). */
import type { Environment, Instant } from '@ferro/core';
import type { Dialect } from './dialect.ts';
import type { WebSeedOutput } from './events.ts';
import { limits } from './limits.ts';
import type { Patience } from './patience.ts';
import type { Rate } from './rate.ts';
import type { Reach } from './reach.ts';
import type { Transfer } from './transfer.ts';
import type { Wanted } from './wanted.ts';

export interface SeedState {
  readonly env: Environment;
  readonly dialect: Dialect;
  readonly connections: number;
  readonly piecesOf: (file: number) => { readonly first: number; readonly end: number };
  readonly wanted: Wanted;
  readonly reach: Reach;
  readonly rate: Rate;
  readonly patience: Patience;
  readonly transfers: Map<number, Transfer>;
  out: WebSeedOutput[];
  nextId: number;
  /** When there is something to deliver that needs no input: padding, or bytes that came too early. Infinity: there is none. */
  deliverAt: Instant;
  wasCancelled: boolean;
  isPaused: boolean;
  isClosed: boolean;
}

export function deliverSoon(state: SeedState): void {
  state.deliverAt = Math.min(state.deliverAt, state.env.now());
}

/** The transfer has time from here to move. */
export function lookLater(state: SeedState, transfer: Transfer): void {
  transfer.moved = 0;
  const { isPaused, env } = state;
  transfer.lookAt = isPaused ? Number.POSITIVE_INFINITY : env.now() + limits.answerMs;
}

/** The transfer is over; the host knows. */
export function forget(state: SeedState, transfer: Transfer): void {
  const { transfers, reach, rate, env } = state;
  transfers.delete(transfer.id);
  if (transfers.size === 0) rate.stop(env.now());
  if (!transfer.isWhole) return;
  let end = 0;
  for (const other of transfers.values()) {
    if (other.isWhole && other.file === transfer.file) end = Math.max(end, other.end);
  }
  reach.shorten(transfer.file, end);
}

/** The transfer is over; the host has to be told. */
export function drop(state: SeedState, transfer: Transfer): void {
  forget(state, transfer);
  state.out.push({ type: 'abort', id: transfer.id });
}
