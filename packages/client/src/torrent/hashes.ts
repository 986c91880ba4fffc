/** Hashes of pieces, asked of peers and told to them (BEP 52, hash request, hashes, hash reject). */
import { leafHashes } from '@ferro/metainfo';
import type { HashRange } from '@ferro/wire';
import { HashTrees, type PieceOfFile } from '../hash-trees.ts';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { closePeer } from './leave.ts';
import type { Content, Swarm } from './swarm.ts';

export function answerHashRequest(swarm: Swarm, peer: Peer, range: HashRange): void {
  const { content } = swarm;
  if (content === undefined) return refuse(peer, range);
  content.hashes ??= new HashTrees(content.metainfo);
  const pieces = content.hashes.piecesBelow(range);
  if (!mayHaveLeaves(swarm, content, peer, pieces)) return answer(peer, range, content.hashes);
  peer.leavesAreDue = false;
  swarm.engine.leafLimit.spend(pieces.reduce((sum, { length }) => sum + length, 0));
  // The view is of a buffer that is used again.
  lend(swarm, content, peer, { ...range, piecesRoot: range.piecesRoot.slice() }, pieces);
}

/** To make leaves whole pieces are hashed, so a block has to be asked for each time, of one of them, and there is so much a second for all. */
function mayHaveLeaves(
  { engine, now }: Swarm,
  { picker }: Content,
  peer: Peer,
  pieces: readonly PieceOfFile[],
): boolean {
  const isAsked = pieces.some(({ piece }) => piece === peer.lastRequestedPiece);
  return peer.leavesAreDue && isAsked && pieces.every(({ piece }) => picker.has(piece)) && engine.leafLimit.ready(now);
}

/** Gives the tree the leaves of all these pieces, each when it is in memory, answers, and takes them away again. */
function lend(swarm: Swarm, content: Content, peer: Peer, range: HashRange, pieces: readonly PieceOfFile[]): void {
  const hashes = content.hashes!;
  const tree = hashes.tree(range.piecesRoot)!;
  const conclude = () => {
    // Without all leaves that is a reject.
    if (!peer.closed) answer(peer, range, hashes);
    for (const { inFile } of pieces) tree.dropLeaves(inFile);
  };
  for (const { piece, inFile, length } of pieces) {
    if (tree.node(0, inFile * 2 ** tree.pieceLayer) !== undefined) continue;
    const loaded = content.uploads.get(piece);
    if (loaded !== undefined) tree.setLeaves(inFile, leafHashes(loaded.bytes.subarray(0, length)));
    else {
      const isComing = content.uploads.load(piece, (outcome) => {
        swarm.engine.step(() => {
          if (swarm.content !== content) return;
          if (outcome === undefined || peer.closed) conclude();
          else lend(swarm, content, peer, range, pieces);
        });
      });
      return isComing ? undefined : conclude();
    }
  }
  conclude();
}

function answer(peer: Peer, range: HashRange, trees: HashTrees): void {
  const hashes = trees.tree(range.piecesRoot)?.answer(range);
  if (hashes === undefined) return refuse(peer, range);
  peer.connection.hashes({ ...range, type: 'hashes', hashes });
  peer.touch();
}

function refuse(peer: Peer, range: HashRange): void {
  peer.connection.hashes({ ...range, type: 'hash-reject' });
  peer.touch();
}

/** Asks every peer for what it should bring, and forgets those that were asked long ago. */
export function askForHashes(swarm: Swarm): void {
  const { layers: search, now } = swarm;
  if (search === undefined) return;
  search.giveUpLate(now - limits.hashesMs);
  for (const peer of swarm.peers) {
    const range = peer.handshaken ? search.take(peer.key, now) : undefined;
    if (range === undefined) continue;
    // What we have comes before any other message (BEP 6): for now that is nothing.
    if (!peer.introduced) peer.connection.haveNone();
    peer.introduced = true;
    peer.saidNone = true;
    peer.connection.hashes({ ...range, type: 'hash-request' });
    peer.touch();
  }
  swarm.schedule('hashes', now + limits.hashesMs);
}

export function receiveHashes(swarm: Swarm, peer: Peer, range: HashRange, hashes: Uint8Array): void {
  const { layers: search } = swarm;
  if (search === undefined) return;
  if (!search.answer(peer.key, range, hashes)) closePeer(peer, 'sent wrong hashes');
  if (search.done) swarm.schedule('layers', swarm.now);
  else askForHashes(swarm);
}

/** A peer refuses. */
export function missHashes(swarm: Swarm, peer: Peer): void {
  swarm.layers?.giveUp(peer.key);
  askForHashes(swarm);
}
