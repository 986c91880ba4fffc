/**
 * Asking for blocks (BEP 3, request): which ones, of whom, and what happens to those that do not come. Requests are the flow
 * control: a piece is opened only when there is memory for it, and only blocks of open pieces are asked for.
 */
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { BLOCK_LENGTH, type OpenPiece } from '../pieces.ts';
import type { Content, Swarm } from './swarm.ts';

/** Keeps a peer's pipeline full. Does nothing until half of it has drained, so that the picker is asked rarely. */
export function refill(swarm: Swarm, peer: Peer): void {
  const content = swarm.content;
  if (content === undefined || swarm.state !== 'downloading' || peer.closed) return;
  if (swarm.trouble !== undefined) {
    peer.hungry = true;
    return;
  }
  if (peer.wanted === 0 || (peer.connection.choked && peer.allowedFast.size === 0)) return;
  const depth = peer.snubbed ? 1 : Math.min(peer.pipeline.depth, peer.connection.outstandingMax);
  let room = depth - Math.max(peer.asked.size, peer.connection.outstanding);
  if (room <= 0 || (room < depth >> 1 && peer.asked.size > 0)) return;
  const limited = !swarm.engine.downLimit.unlimited || !swarm.downLimit.unlimited;
  const before = room;
  while (room > 0) {
    if (limited && !mayDownload(swarm, peer)) break;
    const length = askOne(swarm, content, peer);
    if (length === 0) {
      peer.hungry = true;
      break;
    }
    room--;
    if (limited) {
      swarm.engine.downLimit.spend(length);
      swarm.downLimit.spend(length);
    }
  }
  if (room === before) return;
  sayHaves(peer);
  peer.touch();
}

/** Tells the peer of the pieces that have come since it was last told (BEP 3, have). */
export function sayHaves(peer: Peer): void {
  for (const piece of peer.unsaid) peer.connection.have(piece);
  peer.unsaid.length = 0;
}

/** Asks peers again that had found nothing to ask for, or no memory. */
export function feedHungry(swarm: Swarm): void {
  for (const peer of swarm.peers) {
    if (!peer.hungry) continue;
    peer.hungry = false;
    refill(swarm, peer);
  }
  swarm.web.feed();
}

function mayDownload(swarm: Swarm, peer: Peer): boolean {
  if (mayDownloadNow(swarm)) return true;
  peer.hungry = true;
  return false;
}

/** False: the limits say no, and whoever waits will be fed when they say yes. */
export function mayDownloadNow(swarm: Swarm): boolean {
  const { engine, now } = swarm;
  if (engine.downLimit.ready(now) && swarm.downLimit.ready(now)) return true;
  const when = Math.max(engine.downLimit.nextAt(now), swarm.downLimit.nextAt(now));
  swarm.schedule('feed', when);
  return false;
}

/** Asks for one block; its length, or 0 when there is nothing to ask this peer for. */
function askOne(swarm: Swarm, content: Content, peer: Peer): number {
  const piece = pieceFor(swarm, content, peer);
  if (piece !== undefined) return ask(content, peer, piece, piece.takeFree());
  return endGame(content, peer);
}

function ask(content: Content, peer: Peer, piece: OpenPiece, block: number): number {
  const length = piece.blockLength(block);
  if (!peer.connection.request({ piece: piece.index, begin: block * BLOCK_LENGTH, length })) {
    piece.giveUp(block, peer.key);
    return 0;
  }
  peer.asked.set(piece.index * content.blocksPerPiece + block, peer.engine.now);
  return length;
}

/** An open piece with a free block for this peer: the one it is at, urgent ones, nobody's, then a new one, then anybody's. */
function pieceFor(swarm: Swarm, content: Content, peer: Peer): OpenPiece | undefined {
  const { picker, pieces } = content;
  const current = peer.current;
  if (current !== undefined && !picker.hasUrgent && pieces.withFree.has(current) && mayAsk(peer, current.index)) {
    return current;
  }
  peer.current = existingFor(content, peer);
  if (peer.current !== undefined && peer.current.owner === peer.key) return peer.current;
  const opened = openPiece(swarm, content, peer);
  if (opened !== undefined) peer.current = opened;
  return peer.current;
}

function existingFor({ picker, pieces }: Content, peer: Peer): OpenPiece | undefined {
  const urgent = picker.hasUrgent;
  let shared: OpenPiece | undefined;
  for (const piece of pieces.withFree) {
    if (!mayAsk(peer, piece.index) || (piece.exclusive && piece.owner !== peer.key)) continue;
    // A peer on parole works alone, so that a corrupt piece has one sender.
    if (peer.parole && piece.owner !== peer.key) continue;
    if ((urgent && picker.isUrgent(piece.index)) || piece.owner === peer.key) return piece;
    if (piece.owner === 0) {
      piece.owner = peer.key;
      return piece;
    }
    shared ??= piece;
  }
  return shared;
}

function mayAsk(peer: Peer, piece: number): boolean {
  return peer.has(piece) && (!peer.connection.choked || peer.allowedFast.has(piece));
}

function openPiece(swarm: Swarm, content: Content, peer: Peer): OpenPiece | undefined {
  const { picker, pieces } = content;
  if (pieces.full || picker.candidates === 0) return undefined;
  const choked = peer.connection.choked;
  const index = picker.choose(choked ? { has: (piece) => peer.allowedFast.has(piece) && peer.has(piece) } : peer);
  if (index === -1) return undefined;
  const opened =
    pieces.start(index, peer.key) ?? (makeRoom(swarm, content) ? pieces.start(index, peer.key) : undefined);
  if (opened === undefined) return undefined;
  picker.setOpen(index, true);
  opened.exclusive = peer.parole;
  return opened;
}

/** Memory is spent and nobody can go on with what is open: the least complete piece that no connected peer has gives way. */
function makeRoom(swarm: Swarm, content: Content): boolean {
  let stuck: OpenPiece | undefined;
  for (const piece of content.pieces.open.values()) {
    if (piece.storing || piece.free < piece.missing || isReachable(swarm, piece.index)) continue;
    if (stuck === undefined || piece.missing > stuck.missing) stuck = piece;
  }
  if (stuck === undefined) return false;
  closePiece(content, stuck);
  return true;
}

function isReachable(swarm: Swarm, piece: number): boolean {
  for (const peer of swarm.peers) if (!peer.snubbed && mayAsk(peer, piece)) return true;
  return false;
}

/** Gives an open piece up: what is in it has to come again. */
export function closePiece(content: Content, piece: OpenPiece): void {
  content.pieces.end(piece, false);
  content.picker.setOpen(piece.index, false);
}

/** Everything wanted has been asked for: ask for the last blocks a second time, of those who are not waited for yet. */
function endGame(content: Content, peer: Peer): number {
  if (content.picker.candidates > 0 || peer.parole) return 0;
  for (const piece of content.pieces.open.values()) {
    if (piece.storing || piece.missing === 0 || !mayAsk(peer, piece.index)) continue;
    for (let from = 0; ; ) {
      const block = piece.nextShared(from, limits.endGameCopies);
      if (block === -1) break;
      from = block + 1;
      const number = piece.index * content.blocksPerPiece + block;
      if (peer.asked.has(number)) continue;
      piece.askAgain(block);
      return ask(content, peer, piece, block);
    }
  }
  return 0;
}

/** The peer will not send any of what it was asked for. */
export function giveUpAll(swarm: Swarm, peer: Peer): void {
  const content = swarm.content;
  if (content === undefined || peer.asked.size === 0) return;
  for (const number of peer.asked.keys()) giveUpBlock(content, peer, number);
  peer.asked.clear();
  feedHungry(swarm);
}

/** The peer will not send this block. */
export function giveUpBlock(content: Content, peer: Peer, number: number): void {
  const index = Math.floor(number / content.blocksPerPiece);
  const piece = content.pieces.get(index);
  if (piece === undefined || piece.storing) return;
  piece.giveUp(number - index * content.blocksPerPiece, peer.key);
  if (piece.owner === peer.key && (peer.closed || peer.snubbed)) piece.owner = 0;
}

/** Once a second: what has not been said, who has gone silent, and which requests were lost on the way. */
export function watchRequests(swarm: Swarm, peer: Peer): void {
  const { content, now } = swarm;
  if (peer.unsaid.length > 0) {
    sayHaves(peer);
    peer.touch();
  }
  if (content === undefined || peer.asked.size === 0) return;
  const [oldest] = peer.asked.values();
  const silent = now - Math.max(peer.lastBlockAt, oldest ?? now);
  if (silent > limits.snubMs && !peer.snubbed) {
    peer.snubbed = true;
    peer.pipeline.stalled();
    for (const number of peer.asked.keys()) cancelBlock(content, peer, number);
    peer.asked.clear();
    content.pieces.disown(peer.key);
    feedHungry(swarm);
    refill(swarm, peer);
    return;
  }
  // Other blocks kept coming, so this request was dropped: some clients do that without a word. Ask again.
  for (const [number, when] of peer.asked) {
    if (now - when < limits.requestMs) break;
    cancelBlock(content, peer, number);
    peer.asked.delete(number);
  }
  refill(swarm, peer);
}

/** The end game: the block is here, whoever else was asked for it need not send it. */
export function cancelElsewhere(swarm: Swarm, number: number, from?: Peer): void {
  for (const peer of swarm.peers) {
    if (peer === from || !peer.asked.delete(number)) continue;
    cancelBlock(swarm.content!, peer, number);
  }
}

/** Takes a request back, on the wire and here. */
export function cancelBlock(content: Content, peer: Peer, number: number): void {
  const index = Math.floor(number / content.blocksPerPiece);
  const begin = (number - index * content.blocksPerPiece) * BLOCK_LENGTH;
  const length = Math.min(BLOCK_LENGTH, content.layout.lengthOf(index) - begin);
  peer.connection.cancel({ piece: index, begin, length });
  peer.touch();
  giveUpBlock(content, peer, number);
}
