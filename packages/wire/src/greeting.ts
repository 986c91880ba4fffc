/**
 * Who may talk to whom: what our handshake says and whether theirs fits to it (BEP 3, peer protocol; BEP 4, reserved bits;
 * BEP 52, upgrade path).
 */
import { type Id20, ProtocolError } from '@ferro/core';
import { encodeHandshake, type Handshake, hasReservedBit, makeReserved } from './handshake.ts';
import type { Negotiable } from './rules.ts';

export interface GreetingOptions {
  readonly peerId: Id20;
  /** Absent on an incoming connection that may be about any torrent: accept() says which. */
  readonly infoHash?: Id20;
  /** The v2 hash of a hybrid torrent: lets the peer upgrade the connection to it by answering with it (BEP 52). */
  readonly infoHashV2?: Id20;
  /** Who the peer is said to be: another one is closed. */
  readonly remotePeerId?: Id20;
  /** Default true. False offers no fast extension (BEP 6). */
  readonly fast?: boolean;
  /** Default true. False offers no extension protocol (BEP 10). */
  readonly extended?: boolean;
  /** Default false. True tells that we are a DHT node (BEP 5). */
  readonly dht?: boolean;
}

function ourReserved(options: GreetingOptions): Uint8Array {
  const { fast = true, extended = true, dht = false, infoHashV2 } = options;
  return makeReserved([
    ...(fast ? (['fast'] as const) : []),
    ...(extended ? (['extensions'] as const) : []),
    ...(dht ? (['dht'] as const) : []),
    ...(infoHashV2 === undefined ? [] : (['v2'] as const)),
  ]);
}

export function ourGreeting(options: GreetingOptions, infoHash: Id20): Uint8Array {
  return encodeHandshake({ reserved: ourReserved(options), infoHash, peerId: options.peerId });
}

/** Throws a ProtocolError if we do not want to talk to them. */
export function checkGreeting(theirs: Handshake, options: GreetingOptions): void {
  const { infoHash, infoHashV2, peerId, remotePeerId } = options;
  if (theirs.peerId.equals(peerId)) {
    throw new ProtocolError('wire/self-connection', SPEC, 'the peer has our own peer id');
  }
  if (remotePeerId !== undefined && !theirs.peerId.equals(remotePeerId)) {
    throw new ProtocolError('wire/peer-id-mismatch', SPEC, `expected ${remotePeerId}, got ${theirs.peerId}`);
  }
  if (infoHash === undefined || theirs.infoHash.equals(infoHash)) return;
  if (infoHashV2 !== undefined && theirs.infoHash.equals(infoHashV2)) return;
  throw new ProtocolError('wire/info-hash-mismatch', SPEC, `expected ${infoHash}, got ${theirs.infoHash}`);
}

/** What both sides offer. */
export function negotiate(theirs: Handshake, options: GreetingOptions): Record<Negotiable, boolean> {
  const ours = ourReserved(options);
  const both = (name: Negotiable) => hasReservedBit(ours, name) && hasReservedBit(theirs.reserved, name);
  return { fast: both('fast'), extensions: both('extensions') };
}

/** Whether we may answer their handshake with this info-hash: the same, or v2 for one who has said that it knows both. */
export function mayAnswer(theirs: Handshake, infoHash: Id20): boolean {
  return theirs.infoHash.equals(infoHash) || hasReservedBit(theirs.reserved, 'v2');
}

const SPEC = 'BEP 3, peer protocol';
