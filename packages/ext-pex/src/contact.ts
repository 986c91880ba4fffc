/**
 * What others are told about a peer that we are connected to (BEP 11, protocol extension): the address at which they would reach
 * it, and the flags. That address is not always the far end of our connection.
 */
import type { Address } from '@ferro/core';
import type { PexFlags, PexPeer } from './message.ts';

/** A peer as we have met it, and what it has said of itself until now. */
export interface Meeting extends Partial<Omit<PexFlags, 'utp' | 'reachable'>> {
  /** The far end of the connection. */
  readonly remote: Address;
  readonly transport: 'tcp' | 'utp';
  /** It has connected to us. */
  readonly incoming: boolean;
  /** Where it listens: `p` of its extended handshake (BEP 10). */
  readonly port?: number | undefined;
}

/** Undefined: nobody could connect to it, as far as we know. */
export function contactOf(meeting: Meeting): PexPeer | undefined {
  const { remote, transport, incoming, encryption = false, seed = false, holepunch = false } = meeting;
  // A TCP connection comes from any port. A uTP one comes from the port that the peer listens on, or from where its router has
  // put that; behind a router this is the only address at which a hole can be punched (BEP 55).
  const port = incoming && transport === 'tcp' ? meeting.port : remote.port;
  if (port === undefined) return undefined;
  const flags = { encryption, seed, utp: transport === 'utp', holepunch, reachable: !incoming };
  return { address: { ip: remote.ip, port }, flags };
}
