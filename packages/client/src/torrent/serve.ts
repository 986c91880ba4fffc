/**
 * Answering requests (BEP 3, request; BEP 6, reject): first come, first served within a peer, by turns among peers, as fast as
 * the limits allow. One read serves everybody who asks for the piece while it is in memory.
 */
import type { Block } from '@ferro/wire';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { Loaded } from '../uploads.ts';
import { distrust } from './check.ts';
import type { Content, Swarm } from './swarm.ts';

export function requested(swarm: Swarm, peer: Peer, block: Block): void {
  const content = swarm.content;
  if (content === undefined || !content.picker.has(block.piece) || peer.connection.choking) {
    // Without the fast extension the core says nothing here, and silence is what BEP 3 knows.
    peer.connection.reject(block);
    peer.touch();
    return;
  }
  peer.requests.push(block);
  peer.leavesAreDue = true;
  if (block.piece !== peer.lastRequestedPiece) {
    peer.lastRequestedPiece = block.piece;
    prefetch(swarm, content, block.piece);
  }
}

export function cancelled(peer: Peer, block: Block): void {
  const at = peer.requests.findIndex(
    (r) => r.piece === block.piece && r.begin === block.begin && r.length === block.length,
  );
  if (at !== -1) peer.requests.splice(at, 1);
}

/** Reads ahead while there is memory that nobody needs more. */
function prefetch(swarm: Swarm, content: Content, piece: number): void {
  const { memory } = swarm.engine;
  if (content.uploads.get(piece) !== undefined || content.uploads.isLoading(piece)) return;
  if (memory.used + 2 * content.slots.slotLength <= memory.limit) load(swarm, content, piece);
}

/** False: no memory now. A read that is under way already serves everybody who waits. */
function load(swarm: Swarm, content: Content, piece: number): boolean {
  if (content.uploads.isLoading(piece)) return true;
  return content.uploads.load(piece, (loaded) => {
    swarm.engine.step(() => {
      if (swarm.content !== content) return;
      if (loaded === undefined) distrust(swarm, piece);
      for (const peer of swarm.peers) if (peer.requests.length > 0) serve(swarm, peer);
    });
  });
}

/**
 * Sends what a peer waits for, until its stream is full, the burst is over, a limit is reached or a piece has to be read. Under
 * a limit, peers take turns of one block, and nobody is served out of turn. Returns whether anything was sent.
 */
export function serve(swarm: Swarm, peer: Peer, isTurn = false): boolean {
  const content = swarm.content;
  if (content === undefined || peer.requests.length === 0 || peer.full || peer.closed) return false;
  const { engine } = swarm;
  const limited = !engine.upLimit.unlimited || !swarm.upLimit.unlimited;
  if (limited && ((!isTurn && engine.throttled.size > 0) || !mayUpload(swarm))) return waitForTurn(swarm, peer);
  const burst = limited ? 1 : Math.max(limits.sendBurst / 4, Math.min(limits.sendBurst, peer.up.rate(engine.now) / 2));
  let sent = 0;
  let taken = 0;
  for (const block of peer.requests) {
    if (sent >= burst) break;
    if (content.picker.has(block.piece)) {
      const loaded = content.uploads.get(block.piece);
      if (loaded === undefined) {
        if (!load(swarm, content, block.piece)) swarm.thirsty.add(peer);
        break;
      }
      sendBlock(swarm, peer, block, loaded);
      sent += block.length;
    } else peer.connection.reject(block);
    taken++;
  }
  if (taken > 0) peer.requests.splice(0, taken);
  if (taken > 0) peer.touch();
  if (limited && sent > 0 && peer.requests.length > 0) waitForTurn(swarm, peer);
  return sent > 0;
}

function sendBlock(swarm: Swarm, peer: Peer, block: Block, loaded: Loaded): void {
  peer.connection.piece(block.piece, block.begin, loaded.bytes.subarray(block.begin, block.begin + block.length));
  loaded.pins++;
  peer.pinned.push(loaded);
  peer.up.add(block.length);
  peer.sentInTurn += block.length;
  swarm.up.add(block.length);
  swarm.engine.upLimit.spend(block.length);
  swarm.upLimit.spend(block.length);
  peer.touch();
}

function mayUpload({ engine, upLimit, now }: Swarm): boolean {
  return engine.upLimit.ready(now) && upLimit.ready(now);
}

/** Goes to the end of the queue. */
function waitForTurn(swarm: Swarm, peer: Peer): false {
  const { engine, now } = swarm;
  engine.throttled.delete(peer);
  engine.throttled.add(peer);
  engine.scheduleThrottled(Math.max(engine.upLimit.nextAt(now), swarm.upLimit.nextAt(now)));
  return false;
}
