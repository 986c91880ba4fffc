/**
 * An HTTP/1.1 response as it comes over a stream (RFC 9112), one response a stream: a core without a clock. Bodies leave as
 * views of the input. Content codings are not undone: the simulated client never asks for one.
 */
import { limits } from './limits.ts';

export type ResponseEvent =
  | { readonly type: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: 'body'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly error: Error };

type State = 'head' | 'length' | 'until-end' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done';

export class ResponseReader {
  #state: State = 'head';
  /** A line, or a head, of which the end has not come. */
  #text = '';
  /** Bytes of the body, or of the chunk, still to come. */
  #left = 0;

  receive(bytes: Uint8Array): readonly ResponseEvent[] {
    const events: ResponseEvent[] = [];
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      const isBody = this.#state === 'length' || this.#state === 'chunk' || this.#state === 'until-end';
      at = isBody ? this.#takeBody(bytes, at, events) : this.#takeText(bytes, at, events);
    }
    return events;
  }

  /** The stream has ended. */
  finish(): readonly ResponseEvent[] {
    if (this.#state === 'done') return [];
    const events: ResponseEvent[] = [];
    if (this.#state === 'until-end') this.#end(events);
    else this.#fail(events, 'the answer is cut off');
    return events;
  }

  #takeBody(bytes: Uint8Array, at: number, events: ResponseEvent[]): number {
    const end = this.#state === 'until-end' ? bytes.length : Math.min(bytes.length, at + this.#left);
    events.push({ type: 'body', bytes: bytes.subarray(at, end) });
    if (this.#state === 'until-end') return end;
    this.#left -= end - at;
    if (this.#left > 0) return end;
    if (this.#state === 'length') this.#end(events);
    else this.#state = 'chunk-end';
    return end;
  }

  #takeText(bytes: Uint8Array, from: number, events: ResponseEvent[]): number {
    const mark = this.#state === 'head' ? '\r\n\r\n' : '\r\n';
    for (let at = from; at < bytes.length; at++) {
      this.#text += String.fromCharCode(bytes[at]!);
      if (bytes[at] === 10 && this.#text.endsWith(mark)) {
        const text = this.#text.slice(0, -mark.length);
        this.#text = '';
        this.#line(text, events);
        return at + 1;
      }
      if (this.#text.length > limits.httpHeadBytes) {
        this.#fail(events, 'the head of the answer is too long');
        return bytes.length;
      }
    }
    return bytes.length;
  }

  #line(text: string, events: ResponseEvent[]): void {
    if (this.#state === 'head') this.#head(text, events);
    else if (this.#state === 'chunk-size') this.#chunkSize(text, events);
    else if (this.#state === 'trailer') {
      if (text === '') this.#end(events);
    } else if (text === '') this.#state = 'chunk-size';
    else this.#fail(events, 'a chunk is longer than it said');
  }

  #head(text: string, events: ResponseEvent[]): void {
    const lines = text.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0]!)?.[1]);
    const headers = parseHeaders(lines.slice(1));
    if (Number.isNaN(status) || headers === undefined) {
      this.#fail(events, 'the answer is not HTTP');
      return;
    }
    if (status < 200) return;
    events.push({ type: 'head', status, headers });
    const length = headers['content-length'];
    if (status === 204 || status === 304) this.#end(events);
    else if (headers['transfer-encoding']?.toLowerCase() === 'chunked') this.#state = 'chunk-size';
    else if (length === undefined) this.#state = 'until-end';
    else if (!/^\d{1,15}$/.test(length)) this.#fail(events, 'the length of the answer is no number');
    else if (Number(length) === 0) this.#end(events);
    else {
      this.#state = 'length';
      this.#left = Number(length);
    }
  }

  #chunkSize(text: string, events: ResponseEvent[]): void {
    const digits = /^([0-9a-f]{1,12})\s*(?:;.*)?$/i.exec(text)?.[1];
    if (digits === undefined) {
      this.#fail(events, 'the size of a chunk is no number');
      return;
    }
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
  }

  #end(events: ResponseEvent[]): void {
    this.#state = 'done';
    events.push({ type: 'end' });
  }

  #fail(events: ResponseEvent[], message: string): void {
    this.#state = 'done';
    events.push({ type: 'failed', error: new Error(message) });
  }
}

/** Header lines by lower-case name; the values of equal names are joined. Undefined if a line is none. */
export function parseHeaders(lines: readonly string[]): Record<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match === null) return undefined;
    const name = match[1]!.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? match[2]! : `${before}, ${match[2]}`);
  }
  return Object.fromEntries(headers);
}
