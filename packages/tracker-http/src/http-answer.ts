/**
 * The head of an HTTP/1.1 answer (RFC 9112); no BEP says anything here. Everything before the number of its length is the same
 * for most answers, so it is made once for each status and set of headers.
 */
import { utf8 } from '@ferro/core';
import { limits } from './limits.ts';
import { Slab } from './slab.ts';

/** Header lines as HttpServerConnection.respond() wants them: make them once and use them for every answer. */
export function headerLines(headers: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(headers);
  if (entries.some((entry) => /[\r\n]/.test(entry.join('')))) throw new RangeError('a header holds a line break');
  return utf8(entries.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
}

export const NO_HEADERS: Uint8Array = new Uint8Array(0);
export const ALLOW_GET: Uint8Array = headerLines({ Allow: 'GET' });

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What the client is told about its connection: nothing, that it stays (HTTP/1.0), or that it ends. */
const CONNECTIONS = ['', 'Connection: keep-alive\r\n', 'Connection: close\r\n'] as const;

const slab = new Slab();

/** The beginnings of answers, by their header lines and by status and connection. */
const beginnings = new WeakMap<Uint8Array, Map<number, Uint8Array>>();

function beginning(status: number, headers: Uint8Array, connection: 0 | 1 | 2): Uint8Array {
  let known = beginnings.get(headers);
  if (known === undefined) beginnings.set(headers, (known = new Map()));
  let bytes = known.get(3 * status + connection);
  if (bytes === undefined) {
    const first = utf8(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Unknown'}\r\n${CONNECTIONS[connection]}`);
    const last = utf8('Content-Length: ');
    bytes = new Uint8Array(first.length + headers.length + last.length);
    bytes.set(first, 0);
    bytes.set(headers, first.length);
    bytes.set(last, first.length + headers.length);
    known.set(3 * status + connection, bytes);
  }
  return bytes;
}

/** Head and body; a short body shares the head's chunk. */
export function encodeAnswer(
  status: number,
  headers: Uint8Array,
  body: Uint8Array,
  request: { readonly keepAlive: boolean; readonly old: boolean },
): readonly Uint8Array[] {
  const first = beginning(status, headers, request.keepAlive ? (request.old ? 1 : 0) : 2);
  const copied = body.length <= limits.copiedBodyLength;
  const length = String(body.length);
  slab.reserve(first.length + length.length + 4 + (copied ? body.length : 0));
  const bytes = slab.bytes;
  bytes.set(first, slab.at);
  let at = slab.at + first.length;
  for (let i = 0; i < length.length; i++) bytes[at++] = length.charCodeAt(i);
  bytes[at++] = 13;
  bytes[at++] = 10;
  bytes[at++] = 13;
  bytes[at++] = 10;
  if (!copied) return [slab.take(at), body];
  bytes.set(body, at);
  return [slab.take(at + body.length)];
}
