/**
 * What a peer says, and what follows from it. Called with every batch of events of its connection; the peer's answers leave at
 * the end of the step (BEP 3, peer messages; BEP 5, PORT; BEP 6; BEP 10; BEP 21; BEP 54).
 */
import type { BlockPart, ExtendedHandshake, PeerEvent as WireEvent } from '@ferro/wire';
import type { Peer, WireExtension } from '../peer.ts';
import { BLOCK_LENGTH } from '../pieces.ts';
import { unchokeIfFree } from './choke.ts';
import { mayUseDht } from './dht.ts';
import { hearHolepunch, hearPex, tellOf } from './exchange.ts';
import { answerHashRequest, missHashes, receiveHashes } from './hashes.ts';
import { haveOne, lostOne, tellsAll } from './inventory.ts';
import { BOTH_SEEDS, closePeer } from './leave.ts';
import { receiveMetadata } from './metadata.ts';
import { cancelElsewhere, feedHungry, giveUpAll, giveUpBlock, refill } from './request.ts';
import { cancelled, requested, serve } from './serve.ts';
import { storePiece } from './stored.ts';
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
  if (peer.seed && swarm.complete) {
    closePeer(peer, BOTH_SEEDS);
    return;
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
      tellOf(swarm, peer);
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
    case 'port':
      tellsNode(swarm, peer, event.port);
      return;
    case 'hash-request':
      answerHashRequest(swarm, peer, event);
      return;
    case 'hashes':
      receiveHashes(swarm, peer, event, event.hashes);
      return;
    case 'hash-reject':
      missHashes(swarm, peer);
      return;
    case 'extension':
      receiveExtension(swarm, peer, event);
      return;
    case 'closed':
      closePeer(peer, event.reason?.code ?? 'closed');
      return;
    default:
  }
}

function receiveExtension(swarm: Swarm, peer: Peer, event: Extract<PeerEvent, { readonly type: 'extension' }>): void {
  if (event.name === 'lt_donthave') lostOne(swarm, peer, event.event.piece);
  else if (event.name === 'ut_metadata') receiveMetadata(swarm, peer, event.event);
  else if (event.name === 'ut_pex') hearPex(swarm, peer, event.event);
  else hearHolepunch(swarm, peer, event.event);
}

/** Once is enough: a peer cannot have us ping port after port. */
function tellsNode(swarm: Swarm, peer: Peer, port: number): void {
  if (peer.dhtTold || port === 0 || !mayUseDht(swarm)) return;
  peer.dhtTold = true;
  swarm.engine.dht!.addNode({ ip: peer.address.ip, port });
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
  const block = part.begin / BLOCK_LENGTH;
  if (piece.askedOf[block]! > 1) {
    cancelElsewhere(swarm, number, peer);
    swarm.web.cancel(piece, block);
  }
  if (written === 'piece') {
    swarm.rememberSenders(piece);
    storePiece(swarm, piece);
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

function describes(swarm: Swarm, peer: Peer, said: ExtendedHandshake): void {
  if (said.requestQueue !== undefined) peer.pipeline.limit(said.requestQueue);
  if (said.client !== undefined) peer.client = said.client;
  if (said.yourIp !== undefined) {
    swarm.peerList.own ??= { ip: said.yourIp, port: swarm.engine.port };
    swarm.engine.seenAt(said.yourIp);
  }
  peer.listensAt = said.port ?? peer.listensAt;
  peer.uploadOnly = said.uploadOnly ?? peer.uploadOnly;
  // An incoming peer tells where it listens, so that it can be found again and told to others.
  if (peer.incoming && said.port !== undefined) {
    swarm.peerList.add({ ip: peer.address.ip, port: said.port }, 'incoming', swarm.now);
  }
  if (said.uploadOnly === true && swarm.complete) closePeer(peer, BOTH_SEEDS);
  tellOf(swarm, peer);
}
