/**
 * Options after an announce request (BEP 41, extension format): a type byte, then for types from 2 on a length byte and that
 * many bytes. Only URLData is defined; it carries path and query of the tracker's URL. Unknown options are stepped over.
 */
import { limits } from './limits.ts';

const END = 0;
const NOP = 1;
const URL_DATA = 2;

/** How many bytes encodeUrlData() writes for this text. */
export function urlDataLength(urlData: string): number {
  return urlData.length + 2 * Math.ceil(urlData.length / 255);
}

/** Writes URLData options of at most 255 bytes each. The text is the ASCII of a URL, escapes as they are. */
export function writeUrlData(urlData: string, into: Uint8Array, at: number): void {
  let offset = at;
  for (let from = 0; from < urlData.length; from += 255) {
    const length = Math.min(255, urlData.length - from);
    into[offset++] = URL_DATA;
    into[offset++] = length;
    for (let i = 0; i < length; i++) into[offset++] = urlData.charCodeAt(from + i);
  }
}

/** Path and query, all URLData options joined; empty if there are none. A cut-off option counts as far as it is there. */
export function readUrlData(bytes: Uint8Array, from: number): string {
  let text = '';
  let at = from;
  while (at < bytes.length) {
    const type = bytes[at++]!;
    if (type === END) break;
    if (type === NOP) continue;
    const end = Math.min(bytes.length, at + 1 + (bytes[at] ?? 0));
    if (type === URL_DATA) {
      for (let i = at + 1; i < end && text.length < limits.urlDataLength; i++) text += String.fromCharCode(bytes[i]!);
    }
    at = end + (end === at ? 1 : 0);
  }
  return text;
}
