/**
 * The head of an HTTP/1.1 request (RFC 9112), read as far as a tracker needs it; no BEP says anything here. A request with a
 * body is refused, because a GET has none and two readings of where it ends are how requests are smuggled.
 */
import { ProtocolError } from '@ferro/core';

export interface RequestHead {
  /** Anything but GET is answered with 405 and never reaches the tracker. */
  readonly get: boolean;
  /** Where the request target begins and ends. */
  readonly targetAt: number;
  readonly targetEnd: number;
  readonly keepAlive: boolean;
  /** HTTP/1.0 is told when its connection stays open. */
  readonly old: boolean;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/** Where the head that begins at `from` ends (behind its empty line), or -1. Looks from `scanned` on. */
export function endOfHead(bytes: Uint8Array, scanned: number, to: number): number {
  for (let at = scanned; at < to; at++) {
    if (bytes[at] !== LF) continue;
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (next < to && bytes[next] === LF) return next + 1;
  }
  return -1;
}

/** Reads a whole head, empty line and all. */
export function parseHead(bytes: Uint8Array, from: number, to: number): RequestHead {
  const methodEnd = skipTo(bytes, from, to, SPACE);
  const targetAt = methodEnd + 1;
  const targetEnd = skipTo(bytes, targetAt, to, SPACE);
  const old = isVersion(bytes, targetEnd + 1, 48);
  if (!old && !isVersion(bytes, targetEnd + 1, 49)) throw bad('bad-request-line', 'no HTTP/1.0 or HTTP/1.1 request');
  if (methodEnd === from || targetAt === targetEnd) throw bad('bad-request-line', 'no method or no target');
  let keepAlive = !old;
  for (let line = afterLine(bytes, targetEnd, to); line < to; ) {
    const next = afterLine(bytes, line, to);
    switch (bytes[line]! | 32) {
      case 99: // c
        if (isNamed(bytes, line, 'connection')) keepAlive = keepsAlive(bytes, line + 11, next, keepAlive);
        else if (isNamed(bytes, line, 'content-length') && !saysZero(bytes, line + 15, next)) {
          throw bad('request-with-body', 'a request with a body');
        }
        break;
      case 116: // t
        if (isNamed(bytes, line, 'transfer-encoding')) throw bad('request-with-body', 'a request with a body');
        break;
      case SPACE:
      case 41: // a tab, with bit 5 set
        if (bytes[line] === SPACE || bytes[line] === 9) throw bad('bad-header', 'a folded header line');
        break;
    }
    line = next;
  }
  const get = methodEnd - from === 3 && bytes[from] === 71 && bytes[from + 1] === 69 && bytes[from + 2] === 84;
  return { get, targetAt, targetEnd, keepAlive, old };
}

/** The value of a header of a request, its name in lower case; undefined if it is not there. Of several, the first. */
export function headerOf(head: Uint8Array, name: string): string | undefined {
  for (let line = afterLine(head, 0, head.length); line < head.length; ) {
    const next = afterLine(head, line, head.length);
    if (isNamed(head, line, name)) {
      let text = '';
      for (let at = line + name.length + 1; at < next; at++) text += String.fromCharCode(head[at]!);
      return text.trim();
    }
    line = next;
  }
  return undefined;
}

/** The first place of `stop` in this line, or the end of the line. */
function skipTo(bytes: Uint8Array, from: number, to: number, stop: number): number {
  let at = from;
  while (at < to && bytes[at] !== stop && bytes[at] !== LF) at++;
  return at;
}

function afterLine(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LF) at++;
  return at + 1;
}

/** `HTTP/1.` and the digit, then the end of the line. */
function isVersion(bytes: Uint8Array, at: number, digit: number): boolean {
  if (bytes[at + 7] !== digit || (bytes[at + 8] !== CR && bytes[at + 8] !== LF)) return false;
  const expected = 'HTTP/1.';
  for (let i = 0; i < 7; i++) if (bytes[at + i] !== expected.charCodeAt(i)) return false;
  return true;
}

function isNamed(bytes: Uint8Array, at: number, name: string): boolean {
  if (bytes[at + name.length] !== COLON) return false;
  for (let i = 0; i < name.length; i++) if (lower(bytes[at + i]!) !== name.charCodeAt(i)) return false;
  return true;
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}

function keepsAlive(bytes: Uint8Array, from: number, to: number, otherwise: boolean): boolean {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(lower(bytes[at]!));
  if (text.includes('close')) return false;
  return text.includes('keep-alive') || otherwise;
}

function saysZero(bytes: Uint8Array, from: number, to: number): boolean {
  let zeros = 0;
  for (let at = from; at < to; at++) {
    const code = bytes[at]!;
    if (code === 48) zeros++;
    else if (code !== SPACE && code !== CR && code !== LF) return false;
  }
  return zeros > 0;
}

function bad(what: string, message: string): ProtocolError {
  return new ProtocolError(`tracker-http/${what}`, 'RFC 9112, message format', message);
}
