/** From blocks that are wanted to requests (BEP 19; BEP 17): long ones, few at once, and none that a body under way will bring. */
import type { Slice } from './layout.ts';
import { limits } from './limits.ts';
import { deliverSoon, drop, lookLater, type SeedState } from './state.ts';
import { Transfer } from './transfer.ts';

export function send(state: SeedState): void {
  abortUnwanted(state);
  if (!state.isPaused) {
    if (!state.reach.knowsRanges) join(state);
    while (open(state));
  }
  hold(state);
}

/** Requests that were cancelled whole: reading on would only cost. */
function abortUnwanted(state: SeedState): void {
  if (!state.wasCancelled) return;
  state.wasCancelled = false;
  state.wanted.sweep();
  for (const transfer of state.transfers.values()) {
    if (!transfer.isWhole && !transfer.isDone && !transfer.isWanted) drop(state, transfer);
  }
}

/** Slices that a whole file under way will come to are left to it. */
function join(state: SeedState): void {
  for (const slice of state.wanted.queue) {
    const transfer = latestBefore(state, slice);
    if (transfer === undefined) continue;
    state.wanted.take(slice);
    if (transfer.isDone) lookLater(state, transfer);
    transfer.append(slice);
    if (transfer.held.length > 0) deliverSoon(state);
  }
}

function latestBefore(state: SeedState, { file, offset }: Slice): Transfer | undefined {
  let latest: Transfer | undefined;
  for (const transfer of state.transfers.values()) {
    if (transfer.file !== file || !transfer.isWhole || transfer.end > offset) continue;
    if (latest === undefined || transfer.end > latest.end) latest = transfer;
  }
  return latest;
}

/** One more request, if something is wanted and there is room for it. */
function open(state: SeedState): boolean {
  const { transfers, wanted, dialect, env, reach } = state;
  const isFull = transfers.size >= state.connections;
  const idle = isFull ? idleOne(state) : undefined;
  if (isFull && idle === undefined) return false;
  const slices = wanted.takeRun(limits.requestBytes);
  const [first] = slices;
  const last = slices.at(-1);
  if (first === undefined || last === undefined) return false;
  if (idle !== undefined) drop(state, idle);
  const now = env.now();
  const length = dialect.lengthOf(first.file);
  const whole = { from: 0, to: length, length };
  const range = reach.knowsRanges ? { from: first.offset, to: last.offset + last.length, length } : whole;
  const transfer = new Transfer(state.nextId++, slices, range, now + limits.answerMs);
  transfer.isWhole = !reach.knowsRanges;
  transfers.set(transfer.id, transfer);
  state.rate.start(now);
  const { redirects } = limits;
  state.out.push({ type: 'get', id: transfer.id, redirects, ...dialect.ask(first.file, range) });
  return true;
}

function idleOne(state: SeedState): Transfer | undefined {
  for (const transfer of state.transfers.values()) if (transfer.isIdle) return transfer;
  return undefined;
}

/** Holds back the bodies that nobody wants right now, and lets the others flow. */
function hold(state: SeedState): void {
  for (const transfer of state.transfers.values()) {
    const isPaused = state.isPaused || transfer.isIdle;
    if (isPaused === transfer.isPaused) continue;
    transfer.isPaused = isPaused;
    state.out.push({ type: isPaused ? 'pause' : 'resume', id: transfer.id });
  }
}
