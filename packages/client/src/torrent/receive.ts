/**
 * What a peer says, and what follows from it. Called with every batch of events of its connection; the peer's answers leave at
 * the end of the step (BEP 3, peer messages; BEP 6; BEP 10; BEP 21; BEP 54).
 */
import { Bitfield, type BlockPart, type ExtendedHandshake, type PeerEvent as WireEvent } from '@ferro/wire';
import type { EarlyWord, Peer, WireExtension } from '../peer.ts';
import { BLOCK_LENGTH } from '../pieces.ts';
import { unchokeIfFree } from './choke.ts';
import { closePeer } from './leave.ts';
import { cancelBlock, feedHungry, giveUpAll, giveUpBlock, refill } from './request.ts';
import { cancelled, requested, serve } from './serve.ts';
import { storePiece } from './stored.ts';
import { spread } from './super-seed.ts';
import type { Swarm } from './swarm.ts';

type PeerEvent = WireEvent<WireExtension>;

export function receiveEvents(swarm: Swarm, peer: Peer, events: readonly PeerEvent[]): void {
  let mayAsk = false;
  let mayServe = false;
  for (let i = 0; i < events.length; i++) {
    const event = events[i]!;
    if (event.type === 'block') {
      receiveBlock(swarm, peer, event);
      mayAsk = true;
    } else if (event.type === 'request') {
      requested(swarm, peer, event);
      mayServe = true;
    } else {
      receiveMessage(swarm, peer, event);
      mayAsk = true;
      mayServe = true;
    }
    if (peer.closed) return;
  }
  if (mayAsk) refill(swarm, peer);
  if (mayServe) serve(swarm, peer);
  peer.touch();
}

function receiveMessage(swarm: Swarm, peer: Peer, event: PeerEvent): void {
  switch (event.type) {
    case 'choke':
      // With the fast extension each request is rejected by name; without it, all are forgotten.
      if (!peer.connection.fast) giveUpAll(swarm, peer);
      return;
    case 'interested':
      unchokeIfFree(swarm, peer);
      return;
    case 'have':
      haveOne(swarm, peer, event.piece);
      return;
    case 'bitfield':
    case 'have-all':
    case 'have-none':
      tellsAll(swarm, peer, event);
      return;
    case 'allowed-fast':
      peer.allowedFast.add(event.piece);
      return;
    case 'reject':
      rejected(swarm, peer, event);
      return;
    case 'cancel':
      cancelled(peer, event);
      return;
    case 'extended-handshake':
      describes(swarm, peer, event.handshake);
      return;
    case 'hash-request':
      peer.connection.hashes({ ...event, type: 'hash-reject' });
      return;
    case 'extension':
      lostOne(swarm, peer, event.event.piece);
      return;
    case 'closed':
      closePeer(peer, event.reason?.code ?? 'closed');
      return;
    default:
  }
}

/** Part of a block: to its place in the open piece, the one copy that there is. */
function receiveBlock(swarm: Swarm, peer: Peer, part: BlockPart): void {
  const content = swarm.content;
  const { engine } = swarm;
  peer.down.add(part.data.length);
  swarm.down.add(part.data.length);
  if (content === undefined) return;
  const piece = content.pieces.get(part.piece);
  const written = piece?.write(engine.host, peer.key, part.begin, part.length, part.offset, part.data) ?? 'ignored';
  if (written === 'ignored') swarm.wasted += part.data.length;
  if (part.offset + part.data.length < part.length) return;
  const number = part.piece * content.blocksPerPiece + part.begin / BLOCK_LENGTH;
  peer.asked.delete(number);
  peer.lastBlockAt = engine.now;
  peer.snubbed = false;
  peer.pipeline.arrived(engine.now);
  if (piece === undefined || written === 'ignored' || written === 'fragment') return;
  if (piece.askedOf[part.begin / BLOCK_LENGTH]! > 1) cancelElsewhere(swarm, peer, number);
  if (written === 'piece') {
    swarm.rememberSenders(piece);
    storePiece(swarm, piece);
  }
}

/** The end game: the block is here, whoever else was asked for it need not send it. */
function cancelElsewhere(swarm: Swarm, from: Peer, number: number): void {
  for (const peer of swarm.peers) {
    if (peer === from || !peer.asked.delete(number)) continue;
    cancelBlock(swarm.content!, peer, number);
  }
}

function rejected(swarm: Swarm, peer: Peer, block: { readonly piece: number; readonly begin: number }): void {
  const content = swarm.content;
  if (content === undefined) return;
  const number = block.piece * content.blocksPerPiece + block.begin / BLOCK_LENGTH;
  peer.allowedFast.delete(block.piece);
  if (!peer.asked.delete(number)) return;
  giveUpBlock(content, peer, number);
  feedHungry(swarm);
}

function haveOne(swarm: Swarm, peer: Peer, piece: number): void {
  const content = swarm.content;
  if (content === undefined) {
    peer.earlyHaves.add(piece);
    return;
  }
  if (peer.seed) return;
  peer.bits ??= new Bitfield(content.metainfo.pieceCount);
  if (!peer.bits.set(piece)) return;
  content.picker.available(piece, 1);
  if (swarm.options.superSeed === true) spread(swarm, peer, piece);
  if (peer.bits.complete) becameSeed(swarm, peer);
  if (!content.picker.wants(piece)) return;
  if (++peer.wanted === 1) interest(peer);
}

/** BEP 54: the peer takes back that it has a piece. */
function lostOne(swarm: Swarm, peer: Peer, piece: number): void {
  const content = swarm.content;
  if (content === undefined || piece >= content.picker.pieceCount || !peer.has(piece)) return;
  if (peer.seed) {
    peer.bits = Bitfield.full(content.picker.pieceCount);
    peer.seed = false;
    content.picker.seeds(-1);
    for (let other = 0; other < content.picker.pieceCount; other++) content.picker.available(other, 1);
  }
  peer.bits!.unset(piece);
  content.picker.available(piece, -1);
  if (content.picker.wants(piece) && --peer.wanted === 0) interest(peer);
}

function interest(peer: Peer): void {
  peer.connection.setInterested(peer.wanted > 0);
  peer.touch();
}

/** A partial peer has everything now: its pieces are no longer counted one by one. */
function becameSeed(swarm: Swarm, peer: Peer): void {
  const { picker } = swarm.content!;
  for (let piece = 0; piece < picker.pieceCount; piece++) picker.available(piece, -1);
  picker.seeds(1);
  peer.seed = true;
  peer.bits = undefined;
  if (peer.known !== undefined) peer.known.seed = true;
  if (swarm.complete) closePeer(peer, 'both are seeds');
}

function tellsAll(swarm: Swarm, peer: Peer, event: EarlyWord): void {
  if (swarm.content !== undefined) countPieces(swarm, peer, event);
  else peer.early = event.type === 'bitfield' ? { type: 'bitfield', bits: event.bits.slice() } : event;
}

/** Takes into account what a peer has; also called late, when the metadata arrives after the peer's bitfield. */
export function countPieces(swarm: Swarm, peer: Peer, event: EarlyWord): void {
  const { picker, metainfo } = swarm.content!;
  const bits = event.type === 'bitfield' ? Bitfield.from(event.bits, metainfo.pieceCount) : undefined;
  if (event.type === 'have-all' || bits?.complete === true) {
    peer.seed = true;
    if (peer.known !== undefined) peer.known.seed = true;
    picker.seeds(1);
    peer.wanted = picker.wantedCount;
    if (swarm.complete) {
      closePeer(peer, 'both are seeds');
      return;
    }
  } else {
    peer.bits = bits ?? new Bitfield(metainfo.pieceCount);
    for (let piece = 0; piece < picker.pieceCount; piece++) {
      if (!peer.bits.has(piece)) continue;
      picker.available(piece, 1);
      if (picker.wants(piece)) peer.wanted++;
    }
  }
  interest(peer);
}

/** The peer is gone: its pieces are no longer available from it. */
export function uncountPieces(swarm: Swarm, peer: Peer): void {
  const picker = swarm.content?.picker;
  if (picker === undefined) return;
  if (peer.seed) picker.seeds(-1);
  else if (peer.bits !== undefined && peer.bits.count > 0) {
    for (let piece = 0; piece < picker.pieceCount; piece++) if (peer.bits.has(piece)) picker.available(piece, -1);
  }
  peer.bits = undefined;
  peer.seed = false;
}

function describes(swarm: Swarm, peer: Peer, said: ExtendedHandshake): void {
  if (said.requestQueue !== undefined) peer.pipeline.limit(said.requestQueue);
  if (said.client !== undefined) peer.client = said.client;
  if (said.yourIp !== undefined) swarm.peerList.own ??= { ip: said.yourIp, port: swarm.engine.port };
  // An incoming peer tells where it listens, so that it can be found again and told to others.
  if (peer.incoming && said.port !== undefined) {
    swarm.peerList.add({ ip: peer.address.ip, port: said.port }, 'incoming', swarm.now);
  }
  if (said.uploadOnly === true && swarm.complete) closePeer(peer, 'both are seeds');
}
