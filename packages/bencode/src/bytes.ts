/** The bytes that have a meaning in bencode (BEP 3, bencoding). */
export const DICTIONARY = 0x64;
export const LIST = 0x6c;
export const INTEGER = 0x69;
export const END = 0x65;
export const COLON = 0x3a;
export const MINUS = 0x2d;
export const ZERO = 0x30;
