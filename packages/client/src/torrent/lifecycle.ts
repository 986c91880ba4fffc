/** From added to removed: checking, downloading, seeding, pausing, closing. Each state says which timers run. */

import { ProtocolError } from '@ferro/core';
import { type Metainfo, parseInfo, selectedFiles } from '@ferro/metainfo';
import { LayerSearch, lacksLayers } from '../hash-trees.ts';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { PeerSource } from '../peer-list.ts';
import type { Priority } from '../picker.ts';
import { startChecking } from './check.ts';
import { chokeRound } from './choke.ts';
import { connectMore } from './connect.ts';
import { searchDht, takeNodes } from './dht.ts';
import { askForHashes } from './hashes.ts';
import { haveOne, tellsAll } from './inventory.ts';
import { BOTH_SEEDS, closePeer } from './leave.ts';
import { introduce } from './meet.ts';
import { feedHungry, watchRequests } from './request.ts';
import { markDirty, save } from './save.ts';
import { serve } from './serve.ts';
import { type Content, contentOf, type Swarm } from './swarm.ts';

/** The info dictionary is known: the files can be looked at. */
function begin(swarm: Swarm, content: Content): void {
  swarm.content = content;
  swarm.name = content.metainfo.name;
  applySelection(swarm, content);
  if (swarm.options.sequential === true) content.picker.sequential = true;
  takeNodes(swarm);
  startChecking(swarm, true, () => checked(swarm));
}

/** The info dictionary of a magnet link has come: what peers have said of their pieces can be understood now. */
export function beginWithMetadata(swarm: Swarm): void {
  const { foundInfo, engine, torrent } = swarm;
  if (foundInfo === undefined || swarm.content !== undefined) return;
  swarm.metadata = undefined;
  swarm.links?.stop();
  const metainfo = metainfoOf(swarm, foundInfo);
  if (metainfo instanceof ProtocolError) {
    halt(swarm);
    swarm.state = 'paused';
    engine.events.push({ type: 'failed', torrent, error: metainfo });
    torrent.fail(metainfo);
    return;
  }
  torrent.tellMetadata(metainfo);
  if (swarm.options.metadataOnly === true) {
    halt(swarm);
    swarm.state = 'paused';
    engine.events.push({ type: 'metadata', torrent });
    return;
  }
  engine.events.push({ type: 'metadata', torrent });
  beginWith(swarm, metainfo);
}

/** All that can be known without peers is known. Hashes of pieces that are missing come from them (BEP 52). */
export function beginWith(swarm: Swarm, metainfo: Metainfo): void {
  if (metainfo.private) withdraw(swarm);
  if (lacksLayers(metainfo)) {
    swarm.layers = new LayerSearch(metainfo);
    seekMetadata(swarm);
    return;
  }
  const content = contentOf(swarm, metainfo);
  swarm.content = content;
  for (const peer of [...swarm.peers]) understand(swarm, peer, content);
  begin(swarm, content);
}

/** The last missing hash has come. */
export function beginWithLayers(swarm: Swarm): void {
  const { layers } = swarm;
  if (layers?.done !== true) return;
  swarm.layers = undefined;
  beginWith(swarm, layers.result());
}

/** The info dictionary is the one that the link stands for, and may be nonsense all the same. */
function metainfoOf(swarm: Swarm, infoBytes: Uint8Array): Metainfo | ProtocolError {
  try {
    const info = parseInfo(infoBytes, { names: swarm.engine.settings.names });
    return {
      ...info,
      trackers: swarm.extraTrackers,
      webSeeds: swarm.webSeeds,
      httpSeeds: [],
      nodes: [],
      pieceLayers: swarm.links?.layers ?? new Map<string, Uint8Array>(),
    };
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** BEP 27: a link that turns out to be private keeps to its trackers and to peers that the user names. */
function withdraw(swarm: Swarm): void {
  swarm.engine.dht?.forget(swarm);
  swarm.engine.neighbourhood?.remove(swarm);
  swarm.exchange = undefined;
  const isOurs = (source: PeerSource | undefined) => source === 'given' || source === 'tracker';
  for (const peer of [...swarm.peers]) {
    if (!isOurs(peer.known?.source)) closePeer(peer, 'the torrent is private');
    peer.connection.enableExtension('ut_pex', false);
    peer.connection.enableExtension('ut_holepunch', false);
  }
  swarm.peerList.keep(({ source }) => isOurs(source));
}

function understand(swarm: Swarm, peer: Peer, content: Content): void {
  peer.connection.setGeometry(content.geometry);
  if (!swarm.isPrivate) {
    peer.metadata.serve(content.metainfo.infoBytes);
    if (peer.handshaken) peer.connection.offer();
  }
  if (peer.early !== undefined) tellsAll(swarm, peer, peer.early);
  for (const piece of peer.earlyHaves) haveOne(swarm, peer, piece);
  peer.early = undefined;
  peer.earlyHaves.clear();
  peer.touch();
}

/** What the user chooses counts; if he does not, what the link names (BEP 53). */
function applySelection(swarm: Swarm, content: Content): void {
  const { linkSelect, options } = swarm;
  if (options.select === undefined && linkSelect === undefined) return;
  const named = selectedFiles(linkSelect, content.layout.files.length);
  const select = options.select ?? ((_file: unknown, index: number) => named[index]!);
  setPriorities(
    swarm,
    content.layout.files.map((file, index) => (select(file, index) ? 2 : 0)),
  );
}

/** How much each file is wanted: a piece is wanted as much as the most wanted file that it holds a byte of. */
export function setPriorities(swarm: Swarm, priorities: readonly Priority[]): void {
  const content = swarm.content;
  if (content === undefined) return;
  const { picker, layout, storage } = content;
  const pieces = new Uint8Array(picker.pieceCount);
  layout.files.forEach((file, index) => {
    const priority = file.padding ? 0 : (priorities[index] ?? 2);
    const { first, end } = layout.piecesOf(index);
    for (let piece = first; piece < end; piece++) pieces[piece] = Math.max(pieces[piece]!, priority);
  });
  storage.select(layout.files.map((file, index) => file.padding || priorities[index] !== 0));
  for (let piece = 0; piece < pieces.length; piece++) picker.setPriority(piece, pieces[piece] as Priority);
  recountWanted(swarm);
  if (swarm.state === 'seeding' || swarm.state === 'downloading') startTransfer(swarm);
}

/** After priorities changed: what each peer has that we want. */
function recountWanted(swarm: Swarm): void {
  const { picker } = swarm.content!;
  for (const peer of swarm.peers) {
    let wanted = 0;
    for (let piece = 0; piece < picker.pieceCount; piece++) if (picker.wants(piece) && peer.has(piece)) wanted++;
    peer.wanted = wanted;
    // What we have has to be told first.
    if (!peer.introduced) continue;
    peer.connection.setInterested(wanted > 0);
    peer.touch();
  }
}

/** The files have been looked at. */
function checked(swarm: Swarm): void {
  const { engine } = swarm;
  swarm.state = 'downloading';
  swarm.content!.storage.sync((outcome) => {
    engine.step(() => {
      if (outcome.type !== 'failed') return;
      engine.events.push({ type: 'disk-trouble', torrent: swarm.torrent, fault: outcome.fault, error: outcome.error });
    });
  });
  engine.events.push({ type: 'ready', torrent: swarm.torrent });
  markDirty(swarm);
  if (swarm.options.paused === true && !swarm.resumed) swarm.state = 'paused';
  else startTransfer(swarm);
  swarm.torrent.tellReady();
}

/** Only a magnet link is known, or not all hashes: peers are needed that have the rest. */
export function seekMetadata(swarm: Swarm): void {
  swarm.announcer.start();
  searchDht(swarm);
  swarm.engine.neighbourhood?.add(swarm);
  connectMore(swarm);
  swarm.links?.next();
  askForHashes(swarm);
}

/** Downloads what is missing, serves what is here. */
export function startTransfer(swarm: Swarm): void {
  if (swarm.state === 'closed' || swarm.state === 'paused') return;
  swarm.state = 'downloading';
  if (swarm.complete) becomeSeed(swarm);
  else swarm.toldFinished = false;
  for (const peer of swarm.peers) {
    if (!peer.handshaken) continue;
    introduce(swarm, peer);
    peer.connection.setInterested(peer.wanted > 0);
    peer.hungry = true;
    peer.touch();
  }
  swarm.announcer.start();
  searchDht(swarm);
  swarm.engine.neighbourhood?.add(swarm);
  swarm.web.start();
  connectMore(swarm);
  chokeRound(swarm);
  watch(swarm);
  feedHungry(swarm);
}

/** Once a second while there are peers: the silent ones, and lost requests. */
export function watch(swarm: Swarm): void {
  if (!swarm.running) return;
  for (const peer of [...swarm.peers]) watchRequests(swarm, peer);
  for (const peer of [...swarm.thirsty]) {
    swarm.thirsty.delete(peer);
    serve(swarm, peer);
  }
  if (swarm.peers.size > 0) swarm.schedule('watch', swarm.now + limits.watchMs);
}

/** Everything wanted is here and verified. */
export function becomeSeed(swarm: Swarm): void {
  if (swarm.state !== 'downloading') return;
  swarm.state = 'seeding';
  swarm.web.stop();
  swarm.links?.stop();
  swarm.announcer.completed();
  for (const peer of [...swarm.peers]) if (peer.seed) closePeer(peer, BOTH_SEEDS);
  const content = swarm.content!;
  content.storage.sync(() => {
    swarm.engine.step(() => {
      save(swarm, true);
      if (swarm.toldFinished) return;
      swarm.toldFinished = true;
      swarm.engine.events.push({ type: 'finished', torrent: swarm.torrent });
      swarm.torrent.tellFinished();
    });
  });
}

export function pause(swarm: Swarm): void {
  if (!swarm.isActive) return;
  halt(swarm);
  swarm.state = 'paused';
  save(swarm, true);
  swarm.engine.events.push({ type: 'paused', torrent: swarm.torrent });
}

export function resume(swarm: Swarm): void {
  if (swarm.state !== 'paused') return;
  swarm.resumed = true;
  swarm.state = swarm.content === undefined ? 'metadata' : 'downloading';
  swarm.engine.events.push({ type: 'resumed', torrent: swarm.torrent });
  if (swarm.content === undefined) seekMetadata(swarm);
  else startTransfer(swarm);
}

/** Everything is hashed again, whatever resume data says. */
export function recheck(swarm: Swarm): void {
  const { content } = swarm;
  if (content === undefined || swarm.state === 'closed' || swarm.state === 'checking') return;
  halt(swarm);
  for (let piece = 0; piece < content.picker.pieceCount; piece++) content.picker.setHere(piece, false);
  startChecking(swarm, false, () => checked(swarm));
}

/** No peers, no timers, no open pieces. `left` is called when the trackers know. */
function halt(swarm: Swarm, left?: () => void): void {
  swarm.announcer.stop(left);
  swarm.engine.dht?.forget(swarm);
  swarm.engine.neighbourhood?.remove(swarm);
  swarm.web.stop();
  for (const peer of [...swarm.peers]) closePeer(peer, 'paused');
  for (const attempt of [...swarm.connecting]) attempt.close();
  swarm.unscheduleAll();
  const { content } = swarm;
  if (content === undefined) return;
  for (const piece of [...content.pieces.open.values()]) {
    if (piece.storing && !swarm.unsaved.has(piece)) continue;
    content.pieces.end(piece, false);
    content.picker.setOpen(piece.index, false);
  }
  swarm.unsaved.clear();
  swarm.trouble = undefined;
  content.picker.clearDeadlines();
}

/** `done` when the disk has everything. */
export function close(swarm: Swarm, removeData: boolean, done: () => void): void {
  if (swarm.state === 'closed') return done();
  const wasChecking = swarm.state === 'checking';
  const { content, engine } = swarm;
  // The farewell and the disk are waited for side by side.
  let waiting = 2;
  const one = () => {
    if (--waiting === 0) done();
  };
  swarm.state = wasChecking ? 'checking' : 'paused';
  halt(swarm, one);
  const finish = () => {
    swarm.state = 'closed';
    engine.swarms.delete(swarm.infoHash.hex);
    if (content === undefined) return one();
    content.uploads.close();
    swarm.waiting.abandon();
    const end = () => content.storage.close(() => engine.step(one));
    if (removeData) content.storage.remove(() => engine.step(end));
    else end();
  };
  if (removeData || wasChecking || content === undefined) finish();
  else save(swarm, true, () => engine.step(finish));
}
