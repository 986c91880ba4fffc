/** What a web seed does not bring: blocks are rejected, files are missing, a server is left alone or for good (BEP 19; BEP 17). */
import type { ProtocolError } from '@ferro/core';
import { fault } from './answer.ts';
import type { WebSeedEvent } from './events.ts';
import type { Slice, WantedBlock } from './layout.ts';
import { drop, type SeedState } from './state.ts';
import type { Transfer } from './transfer.ts';

/** The request has failed, and with it the server: nothing else is asked of it for a while. */
export function fail(
  state: SeedState,
  transfer: Transfer,
  reason: ProtocolError,
  events: WebSeedEvent[],
  afterMs?: number,
): void {
  if (state.transfers.has(transfer.id)) drop(state, transfer);
  reject(state, transfer.rest, events);
  backOff(state, reason, events, afterMs);
}

/** What waits for a request is rejected too: peers may have it meanwhile. */
export function backOff(state: SeedState, reason: ProtocolError, events: WebSeedEvent[], afterMs?: number): void {
  if (!state.patience.failed(afterMs)) return;
  reject(state, state.wanted.queue, events);
  state.wanted.sweep();
  events.push({ type: 'waiting', until: state.patience.until!, reason });
}

/** The server does not have the file of this request; after too many, it has nothing. */
export function missing(state: SeedState, transfer: Transfer, reason: ProtocolError, events: WebSeedEvent[]): void {
  const { file } = transfer;
  drop(state, transfer);
  reject(state, transfer.rest, events);
  if (!state.reach.lose(file)) return;
  rejectUnreachable(state, events);
  events.push({ type: 'missing', file, ...state.piecesOf(file), reason });
  if (state.reach.isHopeless) {
    discard(
      state,
      fault('nothing-there', reason.spec, `the web seed has nothing of this torrent: ${reason.message}`),
      events,
    );
  }
}

/** The URL is of no use. */
export function discard(state: SeedState, reason: ProtocolError, events: WebSeedEvent[]): void {
  for (const block of [...state.wanted.blocks]) rejectBlock(state, block, events);
  letGo(state);
  events.push({ type: 'closed', reason });
}

export function letGo(state: SeedState): void {
  state.isClosed = true;
  for (const id of state.transfers.keys()) state.out.push({ type: 'abort', id });
  state.transfers.clear();
  state.wanted.forgetAll();
}

export function rejectUnreachable(state: SeedState, events: WebSeedEvent[]): void {
  const { reach, wanted } = state;
  const unreachable: Slice[] = [];
  for (const slice of wanted.queue) {
    if (!reach.reaches(slice.file, slice.offset)) unreachable.push(slice);
    else if (!reach.knowsRanges) reach.extendTo(slice.file, slice.offset + slice.length);
  }
  if (unreachable.length === 0) return;
  reject(state, unreachable, events);
  wanted.sweep();
}

/** The blocks of these slices will not come. */
export function reject(state: SeedState, slices: Iterable<Slice>, events: WebSeedEvent[]): void {
  for (const { block } of slices) if (!block.isOver) rejectBlock(state, block, events);
}

function rejectBlock(state: SeedState, { piece, begin, length }: WantedBlock, events: WebSeedEvent[]): void {
  state.wanted.forget(piece, begin);
  events.push({ type: 'reject', piece, begin, length });
}
