/** Bencode (BEP 3, bencoding): the encoding of torrents, of DHT messages and of what peers say beyond the basic protocol. */
export { type Deviation, decode, decodeLenient, decodePrefix } from './decode.ts';
export { encode } from './encode.ts';
export { BencodeError } from './errors.ts';
export { type DecodeOptions, limits } from './limits.ts';
export { rawSlice } from './slice.ts';
export {
  type Bencode,
  type BencodeDictionary,
  type BencodeInput,
  bytesAt,
  dictionaryAt,
  integerAt,
  isDictionary,
  keyBytes,
  keyOf,
  keyText,
  listAt,
  textAt,
  textKey,
} from './value.ts';
