/** The micro transport protocol (BEP 29) over any UDP: reliable, ordered, and out of everybody else's way. */
export type { UtpConnection, UtpConnectionState } from './connection.ts';
export { DelayHistory } from './delay-history.ts';
export { UtpEndpoint, type UtpOptions } from './endpoint.ts';
export type { UtpEvent } from './events.ts';
export * as ledbat from './ledbat.ts';
export { limits } from './limits.ts';
export { openUtp, type Utp, type UtpChannel } from './open.ts';
export {
  decodePacket,
  encodePacket,
  type Packet,
  type PacketTypeName,
} from './packet.ts';
export { UtpStreams } from './stream.ts';
