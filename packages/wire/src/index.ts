/** The peer wire protocol (BEP 3, 5, 6, 10, 20, 21, 52, 54, 55): codec, stream decoder and encoder, connection, facade. */
export { Bitfield, checkBitfield } from './bitfield.ts';
export { type ConnectPeerOptions, connectPeer, Peer } from './connect.ts';
export { PeerConnection, type PeerConnectionOptions } from './connection.ts';
export { type BlockPart, type DecodedMessage, MessageDecoder } from './decoder.ts';
export { type DontHaveEvent, DontHaveExtension } from './dont-have.ts';
export { MessageEncoder } from './encoder.ts';
export type { PeerEvent } from './events.ts';
export {
  decodeExtendedHandshake,
  type ExtendedHandshake,
  type ExtendedOffer,
  encodeExtendedHandshake,
} from './extended-handshake.ts';
export type { Extension, ExtensionEvent } from './extension.ts';
export { allowedFastSet } from './fast-set.ts';
export type { Geometry } from './geometry.ts';
export {
  decodeHandshake,
  encodeHandshake,
  HANDSHAKE_LENGTH,
  type Handshake,
  hasReservedBit,
  makeReserved,
  reservedBits,
} from './handshake.ts';
export {
  decodeHolepunch,
  encodeHolepunch,
  type HolepunchError,
  type HolepunchMessage,
  holepunchErrors,
} from './holepunch.ts';
export { limits, type WireLimits } from './limits.ts';
export {
  type Block,
  type BlockMessage,
  decodeMessage,
  encodeMessage,
  type HashMessage,
  type HashRange,
  type Message,
  type MessageType,
  messageIds,
  type SmallMessage,
} from './message.ts';
export { clientOf, makePeerId } from './peer-id.ts';
export { type Negotiable, type Rule, rules, stateAfter, type WireState } from './rules.ts';
