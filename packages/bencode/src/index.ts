/** Bencode (BEP 3, bencoding): the encoding of torrent files, DHT messages, tracker answers and peer extensions. */
export { type Deviation, decode, decodeLenient, decodePrefix, type LenientPrefix, type Prefix } from './decode.ts';
export { encode } from './encode.ts';
export { BencodeError } from './errors.ts';
export { bytesAt, dictionaryAt, integerAt, isDictionary, listAt, textAt } from './fields.ts';
export { keyBytes, keyOf, keyText, textKey } from './keys.ts';
export { type DecodeOptions, limits } from './limits.ts';
export { rawSlice } from './slice.ts';
export type { Bencode, BencodeDictionary, BencodeInput } from './value.ts';
