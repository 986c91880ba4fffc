/**
 * Which addresses may pass between us and a peer (BEP 11, security considerations; the same for BEP 55): nobody may send anybody
 * to an address that cannot be a peer's, or that lies deeper inside a network than the two who talk about it.
 */
import { type Address, type AddressScope, scopeOf } from '@ferro/core';

/** How deep inside a network an address lies. What is absent is nobody's address. */
const DEPTHS: Readonly<Partial<Record<AddressScope, number>>> = {
  global: 0,
  // Routed nowhere, so no harm; examples and simulations live there.
  documentation: 0,
  private: 1,
  'link-local': 2,
  loopback: 3,
};

/** Whether an address can be a peer's at all: it has a port, and is neither a group nor reserved. */
export function isPossible({ ip, port }: Address): boolean {
  return port > 0 && DEPTHS[scopeOf(ip)] !== undefined;
}

/**
 * Whether a peer at this IP may tell us of the address, and we may tell it: everyone of public addresses, a neighbour of those
 * of the local network, a program on this machine of loopback ones.
 */
export function mayPass(address: Address, peerIp: string): boolean {
  return isPossible(address) && DEPTHS[scopeOf(address.ip)]! <= (DEPTHS[scopeOf(peerIp)] ?? 0);
}
