/** As much HTTP as a tracker speaks (BEP 3, trackers), on raw bytes: a request line by hand, an answer read to its end. */
import { Finding } from '../../finding.ts';
import { limits } from '../../limits.ts';
import { latin1 } from '../bencode.ts';
import type { Ending, Taken } from '../streams.ts';

export interface HttpRequest {
  readonly method?: string;
  /** With the query, already escaped. */
  readonly path: string;
  readonly host: string;
  readonly version?: '1.0' | '1.1';
  /** Keep the connection: only where a case asks again on it. */
  readonly keep?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export function writeRequest({ method = 'GET', path, host, version = '1.1', keep = false }: HttpRequest): Uint8Array {
  const connection = keep ? [] : ['Connection: close'];
  const body = method === 'POST' ? ['Content-Length: 0'] : [];
  const lines = [`${method} ${path} HTTP/${version}`, `Host: ${host}`, ...connection, ...body, '', ''];
  return new Uint8Array(Buffer.from(lines.join('\r\n'), 'latin1'));
}

/** Percent escapes for every byte but the unreserved. */
export function escapeBytes(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : escapeByte(byte);
    })
    .join('');
}

export function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** One answer from the beginning of what was heard; undefined while it is not complete. */
export function takeAnswer(heard: Uint8Array, ending: Ending): Taken<HttpAnswer> | undefined {
  if (heard.length > limits.httpAnswerLength) throw new Finding('the answer', 'less than a mebibyte', 'more');
  const text = latin1(heard);
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(first)?.[1];
  if (status === undefined) throw new Finding('the status line', 'HTTP/1.1 and a number', first.slice(0, 80));
  const headers = new Map(lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, '')]));
  const body = takeBody(heard, end + 4, headers, ending);
  return body === undefined
    ? undefined
    : { length: body.length, value: { status: Number(status), headers, body: body.value } };
}

function takeBody(
  heard: Uint8Array,
  start: number,
  headers: ReadonlyMap<string, string>,
  ending: Ending,
): Taken<Uint8Array> | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return takeChunks(heard, start);
  const stated = headers.get('content-length');
  if (stated === undefined) {
    return ending === 'open' ? undefined : { length: heard.length, value: heard.slice(start) };
  }
  const end = start + Number(stated);
  return heard.length < end ? undefined : { length: end, value: heard.slice(start, end) };
}

function takeChunks(heard: Uint8Array, start: number): Taken<Uint8Array> | undefined {
  const chunks: Uint8Array[] = [];
  for (let at = start; ; ) {
    const line = /^([0-9a-f]+)[^\r]*\r\n/i.exec(latin1(heard.subarray(at, at + 100)));
    if (line === null) return undefined;
    const length = Number.parseInt(line[1]!, 16);
    const from = at + line[0].length;
    if (heard.length < from + length + 2) return undefined;
    if (length === 0) return { length: from + 2, value: new Uint8Array(Buffer.concat(chunks)) };
    chunks.push(heard.slice(from, from + length));
    at = from + length + 2;
  }
}
