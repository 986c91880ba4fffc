/**
 * What each peer has (BEP 3, have and bitfield; BEP 6, have all and have none; BEP 54), and what follows for the picker and for our
 * interest. A seed is a number, not a bitfield: it changes the order of nothing.
 */
import { Bitfield } from '@ferro/wire';
import type { EarlyWord, Peer } from '../peer.ts';
import { spread } from './super-seed.ts';
import type { Swarm } from './swarm.ts';

export function haveOne(swarm: Swarm, peer: Peer, piece: number): void {
  const content = swarm.content;
  if (content === undefined) {
    peer.earlyHaves.add(piece);
    return;
  }
  if (peer.seed) return;
  peer.bits ??= new Bitfield(content.metainfo.pieceCount);
  if (!peer.bits.set(piece)) return;
  content.picker.available(piece, 1);
  if (content.picker.availability(piece) >= swarm.peers.size) content.uploads.drop(piece);
  if (swarm.options.superSeed === true) spread(swarm, peer, piece);
  if (peer.bits.complete) becameSeed(swarm, peer);
  if (!content.picker.wants(piece)) return;
  if (++peer.wanted === 1) interest(peer);
}

/** BEP 54: the peer takes back that it has a piece. */
export function lostOne(swarm: Swarm, peer: Peer, piece: number): void {
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

/** Nothing is said before we have told what we have: that has to be first. */
function interest(peer: Peer): void {
  if (!peer.introduced) return;
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
}

export function tellsAll(swarm: Swarm, peer: Peer, event: EarlyWord): void {
  if (swarm.content !== undefined) {
    if (peer.seed || peer.bits !== undefined) tellsMore(swarm, peer, event);
    else countPieces(swarm, peer, event);
  } else peer.early = event.type === 'bitfield' ? { type: 'bitfield', bits: event.bits.slice() } : event;
}

/** Some say what is new by another bitfield, or by have-all, where that is shorter than one have a piece. */
function tellsMore(swarm: Swarm, peer: Peer, event: EarlyWord): void {
  const { pieceCount } = swarm.content!.picker;
  const bits = event.type === 'bitfield' ? Bitfield.from(event.bits, pieceCount) : undefined;
  for (let piece = 0; piece < pieceCount; piece++) {
    if (event.type === 'have-all' || bits?.has(piece) === true) haveOne(swarm, peer, piece);
  }
}

/** Takes into account what a peer has; also called late, when the metadata arrives after the peer's bitfield. */
function countPieces(swarm: Swarm, peer: Peer, event: EarlyWord): void {
  const { picker, metainfo } = swarm.content!;
  const bits = event.type === 'bitfield' ? Bitfield.from(event.bits, metainfo.pieceCount) : undefined;
  if (event.type === 'have-all' || bits?.complete === true) {
    peer.seed = true;
    if (peer.known !== undefined) peer.known.seed = true;
    picker.seeds(1);
    peer.wanted = picker.wantedCount;
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
