/** What a server sends, and what follows from it (RFC 9110, range requests; BEP 19; BEP 17, protocol). */
import { fault, readWait } from './answer.ts';
import type { WebSeedEvent, WebSeedInput } from './events.ts';
import { backOff, discard, fail, missing, reject, rejectUnreachable } from './leave.ts';
import { limits } from './limits.ts';
import { drop, forget, lookLater, type SeedState } from './state.ts';
import type { Transfer } from './transfer.ts';

type Head = Extract<WebSeedInput, { readonly type: 'head' }>;

export function receiveHead(state: SeedState, transfer: Transfer, head: Head, events: WebSeedEvent[]): void {
  const verdict = state.dialect.judge(head.status, head.headers, transfer.range);
  lookLater(state, transfer);
  transfer.state = 'body';
  switch (verdict.type) {
    case 'range':
      state.reach.found();
      return;
    case 'whole':
      state.reach.found();
      sendsWhole(state, transfer, events);
      return;
    case 'missing':
      missing(state, transfer, verdict.reason, events);
      return;
    case 'later':
      fail(state, transfer, verdict.reason, events, verdict.afterMs);
      return;
    case 'later-by-body':
      transfer.state = 'note';
      transfer.reason = verdict.reason;
      return;
    case 'useless':
      discard(state, verdict.reason, events);
  }
}

/** The server knows no ranges: what it sends is of use if the wanted part is near its beginning. */
function sendsWhole(state: SeedState, transfer: Transfer, events: WebSeedEvent[]): void {
  if (state.reach.knowsRanges) {
    state.reach.knowsRanges = false;
    events.push({ type: 'no-ranges' });
  }
  if (transfer.range.from <= limits.skippedBytes) {
    transfer.becomeWhole();
    state.reach.extendTo(transfer.file, transfer.end);
  } else {
    drop(state, transfer);
    reject(state, transfer.rest, events);
  }
  rejectUnreachable(state, events);
}

export function receiveBody(state: SeedState, transfer: Transfer, bytes: Uint8Array, events: WebSeedEvent[]): void {
  state.rate.add(bytes.length);
  transfer.moved += bytes.length;
  if (transfer.state === 'note') transfer.takeNote(bytes);
  if (transfer.state !== 'body') return;
  const taken = transfer.held.length === 0 ? deliver(state, transfer, bytes, events) : 0;
  if (taken === bytes.length) return;
  const rest = bytes.subarray(taken);
  const heldLength = transfer.held.length + rest.length;
  // Beyond what was asked for, or beyond the file: else it is the part of a whole file that somebody may still ask for.
  if (!transfer.isWhole || transfer.position + heldLength > transfer.range.length) {
    discard(state, fault('too-long', 'RFC 9110, content', 'the server sends more than it said'), events);
  } else if (heldLength > limits.heldBytes) {
    drop(state, transfer);
    reject(state, transfer.rest, events);
    rejectUnreachable(state, events);
  } else transfer.hold(rest);
}

/** What came before it was wanted. */
export function deliverHeld(state: SeedState, transfer: Transfer, events: WebSeedEvent[]): void {
  if (transfer.held.length === 0 || transfer.isDone) return;
  const { held } = transfer;
  transfer.held = held.subarray(deliver(state, transfer, held, events));
}

function deliver(state: SeedState, transfer: Transfer, bytes: Uint8Array, events: WebSeedEvent[]): number {
  const from = events.length;
  const taken = transfer.take(bytes, events);
  for (let i = from; i < events.length; i++) {
    const event = events[i]!;
    if (event.type !== 'block' || event.offset + event.data.length < event.length) continue;
    state.wanted.forget(event.piece, event.begin);
  }
  if (transfer.isIdle) transfer.lookAt = state.env.now() + limits.idleMs;
  return taken;
}

export function receiveEnd(
  state: SeedState,
  transfer: Transfer,
  error: Error | undefined,
  events: WebSeedEvent[],
): void {
  deliverHeld(state, transfer, events);
  forget(state, transfer);
  const { spec } = state.dialect;
  const why = error === undefined ? '' : `: ${error.message}`;
  if (transfer.state === 'note') {
    reject(state, transfer.rest, events);
    backOff(state, transfer.reason!, events, readWait(transfer.note));
  } else if (transfer.state === 'head') {
    fail(state, transfer, fault('no-answer', spec, `the web seed does not answer${why}`), events);
  } else if (!transfer.isDone) {
    fail(state, transfer, fault('cut-off', spec, `the web seed sends less than it said${why}`), events);
  } else {
    state.patience.succeeded();
    if (transfer.isWhole) rejectUnreachable(state, events);
  }
}

/** Time is up: the transfer has to have moved, or to be wanted again. */
export function look(state: SeedState, transfer: Transfer, events: WebSeedEvent[]): void {
  const { spec } = state.dialect;
  if (transfer.isDone) {
    drop(state, transfer);
    rejectUnreachable(state, events);
  } else if (transfer.state === 'head') {
    fail(state, transfer, fault('no-answer', spec, 'the web seed does not answer in time'), events);
  } else if (transfer.moved < limits.slowBytes) {
    fail(state, transfer, fault('slow', spec, 'the web seed is too slow'), events);
  } else lookLater(state, transfer);
}
