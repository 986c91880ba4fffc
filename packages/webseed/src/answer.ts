/**
 * What the head of an answer means for the request that it answers (RFC 9110, range requests; BEP 19; BEP 17, protocol). Pure
 * functions: a range must be exactly the one that was asked for, a file exactly as long as in the torrent.
 */
import { ProtocolError } from '@ferro/core';

export type Headers = Readonly<Record<string, string>>;

export interface AskedRange {
  /** Bytes of the file from here … */
  readonly from: number;
  /** … up to, but not with, here. */
  readonly to: number;
  /** Of the whole file. */
  readonly length: number;
}

export type Verdict =
  /** The body is the range. */
  | { readonly type: 'range' }
  /** The body is the whole file, though less was asked for. */
  | { readonly type: 'whole' }
  /** This file is not to be had here; others may be. */
  | { readonly type: 'missing'; readonly reason: ProtocolError }
  /** Later, perhaps; `afterMs` if the server says when. */
  | { readonly type: 'later'; readonly reason: ProtocolError; readonly afterMs?: number }
  /** As `later`, but the body says when. */
  | { readonly type: 'later-by-body'; readonly reason: ProtocolError }
  /** The server does not do what it says: nothing of it is of use. */
  | { readonly type: 'useless'; readonly reason: ProtocolError };

const MISSING: ReadonlySet<number> = new Set([401, 403, 404, 407, 410, 416, 451]);

/** The answer to a request for a part of a file. */
export function judgeFileAnswer(status: number, headers: Headers, asked: AskedRange): Verdict {
  const isWhole = asked.from === 0 && asked.to === asked.length;
  if (status === 200 || status === 206) {
    if (isCoded(headers)) return { type: 'missing', reason: coded() };
    return status === 200 ? judgeWhole(headers, asked, isWhole) : judgeRange(headers, asked, isWhole);
  }
  const reason = badStatus(status, 'BEP 19');
  return MISSING.has(status) ? { type: 'missing', reason } : later(reason, headers);
}

/** The answer of a script to a request for `length` bytes of a piece. It has no files, so none is missing. */
export function judgeScriptAnswer(
  status: number,
  headers: Headers,
  length: number,
): Exclude<Verdict, { type: 'missing' }> {
  if (status === 503) return { type: 'later-by-body', reason: badStatus(status, 'BEP 17, protocol') };
  if (status !== 200) return later(badStatus(status, 'BEP 17, protocol'), headers);
  if (isCoded(headers)) return { type: 'useless', reason: coded() };
  const said = lengthOf(headers);
  if (said === undefined || said === length) return { type: 'range' };
  return { type: 'useless', reason: fault('wrong-length', 'BEP 17, protocol', 'the script sends another length') };
}

/** The body by which a script says how long to wait, in seconds (BEP 17, protocol). */
export function readWait(text: string): number | undefined {
  const seconds = /^\s*(\d{1,9})\s*$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function judgeWhole(headers: Headers, asked: AskedRange, isWhole: boolean): Verdict {
  const length = lengthOf(headers);
  if (length !== undefined && length !== asked.length) return otherFile();
  return { type: isWhole ? 'range' : 'whole' };
}

function judgeRange(headers: Headers, asked: AskedRange, isWhole: boolean): Verdict {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(headers['content-range']?.trim() ?? '');
  const length = lengthOf(headers);
  if (match === null || isWhole) return wrongRange();
  if (match[3] !== '*' && Number(match[3]) !== asked.length) return otherFile();
  if (Number(match[1]) !== asked.from || Number(match[2]) !== asked.to - 1) return wrongRange();
  if (length !== undefined && length !== asked.to - asked.from) return wrongRange();
  return { type: 'range' };
}

function wrongRange(): Verdict {
  const message = 'the server sends another range than asked for';
  return { type: 'useless', reason: fault('wrong-range', 'RFC 9110, range requests', message) };
}

function later(reason: ProtocolError, headers: Headers): Extract<Verdict, { type: 'later' }> {
  const afterMs = retryAfter(headers);
  return { type: 'later', reason, ...(afterMs !== undefined && { afterMs }) };
}

/** Seconds, or a date; a date is measured by the clock of the server that says it. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(wait) ? undefined : wait;
}

/** A coding of the content was not asked for, and offsets in coded bytes are none in the file. */
function isCoded(headers: Headers): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}

function coded(): ProtocolError {
  return fault('coded', 'RFC 9110, content codings', 'the server codes what it sends');
}

/** Undefined where the head does not say it: a chunked body is counted. */
function lengthOf(headers: Headers): number | undefined {
  const text = headers['content-length'];
  return text === undefined || headers['transfer-encoding'] !== undefined ? undefined : Number(text);
}

function otherFile(): Verdict {
  return { type: 'missing', reason: fault('wrong-length', 'BEP 19', 'the file of the server has another length') };
}

function badStatus(status: number, spec: string): ProtocolError {
  return fault('bad-status', spec, `the server answers with status ${status}`);
}

export function fault(what: string, spec: string, message: string): ProtocolError {
  return new ProtocolError(`webseed/${what}`, spec, message);
}
