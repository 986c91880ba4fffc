/** How a reading of the reference ends where it does not end well, and what its parts ask of each other. */
import type { Bencoded, BencodedMap } from '../../probe/bencode.ts';
import type { FileBug } from './bugs.ts';

/** The file is not read. */
export class Refused extends Error {}
/** How a bug that would end a program, or keep it for ever, is played. */
export class Broken extends Error {}

export type Has = (bug: FileBug) => boolean;

export function isMap(value: Bencoded | undefined): value is BencodedMap {
  return value instanceof Map;
}
