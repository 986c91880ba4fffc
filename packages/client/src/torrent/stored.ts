/**
 * A piece is whole: it goes to the storage, which hashes it and writes it if it is good. Here is what follows: everybody is
 * told (BEP 3, have), a liar is named, a full disk is waited for.
 */
import type { StorageOutcome } from '@ferro/core';
import { limits } from '../limits.ts';
import type { OpenPiece } from '../pieces.ts';
import { banIp } from './leave.ts';
import { closePiece, feedHungry, sayHaves } from './request.ts';
import { markDirty } from './save.ts';
import type { Content, Swarm } from './swarm.ts';

export function storePiece(swarm: Swarm, piece: OpenPiece): void {
  const content = swarm.content!;
  piece.storing = true;
  content.pieces.storingCount++;
  content.storage.store(piece.index, piece.slot, (outcome) => {
    swarm.engine.step(() => {
      content.pieces.storingCount--;
      if (swarm.content === content && content.pieces.get(piece.index) === piece)
        stored(swarm, content, piece, outcome);
    });
  });
}

function stored(swarm: Swarm, content: Content, piece: OpenPiece, outcome: StorageOutcome): void {
  if (outcome.type === 'ok') good(swarm, content, piece);
  else if (outcome.type === 'corrupt') corrupt(swarm, content, piece);
  else refused(swarm, piece, outcome.fault, outcome.error);
  feedHungry(swarm);
}

function good(swarm: Swarm, content: Content, piece: OpenPiece): void {
  const { engine } = swarm;
  swarm.unsaved.delete(piece);
  const { liars, cleared } = swarm.smartBan.good(piece);
  for (const liar of liars) punish(swarm, liar, piece.index);
  for (const peer of swarm.peers) if (cleared.includes(peer.address.ip)) peer.parole = false;
  const keep = engine.settings.uploadSlots > 0 && [...swarm.peers].some((peer) => !peer.has(piece.index));
  content.pieces.end(piece, keep);
  if (keep) content.uploads.adopt(piece.index, piece.slot);
  content.picker.setOpen(piece.index, false);
  content.picker.setHere(piece.index, true);
  engine.events.push({ type: 'piece', torrent: swarm.torrent, piece: piece.index, outcome: 'stored' });
  announceHave(swarm, piece.index);
  markDirty(swarm);
  swarm.waiting.wake(piece.index);
  if (swarm.trouble !== undefined && swarm.unsaved.size === 0) recover(swarm);
  if (swarm.complete) swarm.schedule('complete', swarm.now);
}

/**
 * Tells every peer (BEP 3, have), and loses interest in those that have nothing else for us. To those that have the piece it is
 * no news, and waits until they are asked for more: a packet for each piece and each of forty seeds costs more than the payload.
 */
function announceHave(swarm: Swarm, piece: number): void {
  for (const peer of swarm.peers) {
    // Who has not been told anything yet will be told everything then.
    if (!peer.introduced) continue;
    const knows = peer.has(piece);
    // In super-seeding we have nothing until we show it (BEP 16).
    if (swarm.options.superSeed !== true) peer.unsaid.push(piece);
    if (knows && --peer.wanted > 0) continue;
    sayHaves(peer);
    if (knows) peer.connection.setInterested(false);
    peer.touch();
  }
}

function corrupt(swarm: Swarm, content: Content, piece: OpenPiece): void {
  const { engine } = swarm;
  swarm.wasted += piece.length;
  engine.events.push({ type: 'piece', torrent: swarm.torrent, piece: piece.index, outcome: 'corrupt' });
  const { liar, suspects } = swarm.smartBan.corrupt(piece, (key) => swarm.senders.get(key) ?? '');
  closePiece(content, piece);
  if (liar !== undefined && liar !== '') punish(swarm, liar, piece.index);
  for (const peer of swarm.peers) if (suspects.includes(peer.address.ip)) peer.parole = true;
}

/** A liar is a web server or somebody at an address. */
function punish(swarm: Swarm, liar: string, piece: number): void {
  if (!swarm.web.discard(liar, piece)) banIp(swarm, liar);
}

/** The disk said no. The piece stays in memory and is offered again; nothing new is asked for meanwhile. */
function refused(swarm: Swarm, piece: OpenPiece, fault: string, error: Error): void {
  piece.storing = true;
  swarm.unsaved.add(piece);
  if (swarm.trouble === undefined) {
    swarm.trouble = { fault, error };
    swarm.engine.events.push({ type: 'disk-trouble', torrent: swarm.torrent, fault, error });
  }
  swarm.schedule('retry-disk', swarm.now + limits.diskRetryMs);
}

export function retryDisk(swarm: Swarm): void {
  for (const piece of swarm.unsaved) storePiece(swarm, piece);
}

function recover(swarm: Swarm): void {
  swarm.trouble = undefined;
  swarm.engine.events.push({ type: 'disk-recovered', torrent: swarm.torrent });
}
