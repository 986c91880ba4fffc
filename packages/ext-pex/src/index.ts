/** Peers from peers: peer exchange (BEP 11) and hole punching (BEP 55), each as an extension of one connection. */
export { contactOf, type Meeting } from './contact.ts';
export { type PexEvent, PexExtension } from './extension.ts';
export { type HolepunchEvent, HolepunchExtension } from './holepunch.ts';
export { limits } from './limits.ts';
export {
  decodePexFlags,
  decodePexMessage,
  encodePexFlags,
  encodePexMessage,
  type PexFlags,
  type PexMessage,
  type PexPeer,
} from './message.ts';
export { OwnAddresses } from './own-addresses.ts';
export { mayPass } from './reach.ts';
export { HolepunchRelay } from './relay.ts';
export { PexRoster } from './roster.ts';
