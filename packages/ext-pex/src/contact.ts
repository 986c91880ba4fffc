/**
 * What others are told about a peer that we are connected to (BEP 11, protocol extension): the address at which they would reach
 * it, and the flags. That address is not always the far end of our connection.
 */
import { integerAt } from '@ferro/bencode';
import type { Address } from '@ferro/core';
import type { ExtendedHandshake } from '@ferro/wire';
import type { PexPeer } from './message.ts';

/** A peer as we have met it. */
export interface Meeting {
  /** The far end of the connection. */
  readonly remote: Address;
  readonly transport: 'tcp' | 'utp';
  /** It has connected to us. */
  readonly incoming: boolean;
  /** What it said of itself (BEP 10), if it did. */
  readonly handshake?: ExtendedHandshake | undefined;
  /** It has all pieces. */
  readonly seed?: boolean;
}

/** Undefined: nobody could connect to it, as far as we know. */
export function contactOf({ remote, transport, incoming, handshake, seed = false }: Meeting): PexPeer | undefined {
  // A TCP connection comes from any port. A uTP one comes from the port that the peer listens on, or from where its router has
  // put that; behind a router this is the only address at which a hole can be punched (BEP 55).
  const port = incoming && transport === 'tcp' ? handshake?.port : remote.port;
  if (port === undefined) return undefined;
  return {
    address: { ip: remote.ip, port },
    flags: {
      encryption: integerAt(handshake?.dictionary, 'e') === 1,
      seed: seed || handshake?.uploadOnly === true,
      utp: transport === 'utp',
      holepunch: (handshake?.ids.get('ut_holepunch') ?? 0) > 0,
      reachable: !incoming,
    },
  };
}
