/** A peer joins the torrent: from its first event to our first words (BEP 3, peer protocol; BEP 6, have all). */
import { familyOf, type Id20 } from '@ferro/core';
import { clientOf } from '@ferro/wire';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { mayUseDht } from './dht.ts';
import { tellOf } from './exchange.ts';
import { askForHashes } from './hashes.ts';
import { CONNECTED_TWICE, closePeer } from './leave.ts';
import { receiveEvents } from './receive.ts';
import { serve } from './serve.ts';
import { greet } from './super-seed.ts';
import type { Swarm } from './swarm.ts';

/** The peer counts from now on, and its events are handled. */
export function enter(peer: Peer): void {
  const { engine, swarm } = peer;
  engine.peerCount++;
  swarm.peers.add(peer);
  if (swarm.peers.size === 1 && swarm.running) attend(swarm);
  peer.handle = (events) => {
    if (!peer.handshaken && events[0]?.type === 'handshake') handshaken(swarm, peer, events[0].peerId);
    if (!peer.closed) receiveEvents(swarm, peer, events);
  };
  peer.touch();
}

/** What is done for peers time and again. A torrent without one costs nothing. */
function attend(swarm: Swarm): void {
  swarm.schedule('choke', swarm.now + limits.chokeMs);
  swarm.schedule('watch', swarm.now + limits.watchMs);
}

function handshaken(swarm: Swarm, peer: Peer, peerId: Id20): void {
  const { engine } = swarm;
  for (const other of swarm.peers) {
    if (other.remoteId !== peerId.hex) continue;
    const extra = oneToClose(swarm, other, peer, peerId);
    closePeer(extra, CONNECTED_TWICE);
    if (extra === peer) return;
  }
  peer.handshaken = true;
  peer.remoteId = peerId.hex;
  peer.client = clientOf(peerId.bytes) ?? '';
  if (peer.known !== undefined) peer.known.transport = peer.transport;
  engine.events.push({ type: 'peer-connected', torrent: swarm.torrent, address: peer.address, client: peer.client });
  introduce(swarm, peer);
  tellOf(swarm, peer);
  if (swarm.layers !== undefined) askForHashes(swarm);
}

/** When two have connected to each other, both keep the connection that the one with the lower peer id opened. */
function oneToClose(swarm: Swarm, first: Peer, second: Peer, theirs: Id20): Peer {
  if (first.incoming === second.incoming) return second;
  const keepIncoming = theirs.hex < swarm.peerId.hex;
  return first.incoming === keepIncoming ? second : first;
}

/** Tells what we have. Before the metadata is known and the files are looked at, nothing is told. */
export function introduce(swarm: Swarm, peer: Peer): void {
  const { content } = swarm;
  if (content === undefined || !swarm.running) return;
  const { connection } = peer;
  const { picker } = content;
  if (peer.introduced && !peer.saidNone) return;
  if (peer.saidNone) {
    for (let piece = 0; piece < picker.pieceCount; piece++) if (picker.has(piece)) connection.have(piece);
  } else if (swarm.options.superSeed === true && swarm.complete) greet(swarm, peer);
  else if (picker.hereCount === picker.pieceCount) connection.haveAll();
  else if (picker.hereCount === 0) connection.haveNone();
  else connection.bitfield(picker.bits().bytes);
  peer.introduced = true;
  peer.saidNone = false;
  tellNode(swarm, peer);
}

/** Where our DHT node is, for those who have one (BEP 5, PORT message). */
function tellNode(swarm: Swarm, { connection, address }: Peer): void {
  const port = swarm.engine.demux.port(familyOf(address.ip));
  if (connection.dht && port > 0 && mayUseDht(swarm)) connection.port(port);
}

/** The stream takes bytes again. */
export function roomAgain(peer: Peer): void {
  peer.full = false;
  if (peer.closed) return;
  serve(peer.swarm, peer);
  peer.touch();
}
