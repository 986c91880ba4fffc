/**
 * One question to an HTTP tracker, by callback (BEP 3, trackers): what the facade and a client's own loop are made of. The
 * answer is capped, timed, and never fetched from where the rules of addresses.ts forbid.
 */
import { type Address, type Closable, type Host, ProtocolError } from '@ferro/core';
import { permitsTrackerUrl, redirectRules, type TrackerRules } from './addresses.ts';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  announceUrl,
  decodeAnnounce,
  type TrackerFailure,
} from './announce.ts';
import { limits } from './limits.ts';

export interface AskOptions extends TrackerRules {
  readonly timeoutMs?: number;
  /** Sent as User-Agent; some trackers refuse clients without one. */
  readonly userAgent?: string;
  /** A further rule on addresses: for instance only one address family (BEP 7, announcing). */
  readonly permits?: (address: Address) => boolean;
}

/** Announces; `done` is called once with what the tracker says or why it could not be asked, unless closed before. */
export function askAnnounce(
  host: Host,
  url: string,
  request: AnnounceRequest,
  options: AskOptions,
  done: (answer: AnnounceResponse | TrackerFailure | Error) => void,
): Closable {
  return ask(host, url, announceUrl(url, request), decodeAnnounce, options, done);
}

export function ask<Answer extends { readonly type: string }>(
  host: Host,
  tracker: string,
  url: string,
  decode: (body: Uint8Array) => Answer | TrackerFailure,
  options: AskOptions,
  done: (answer: Answer | TrackerFailure | Error) => void,
): Closable {
  const permitted = permitsTrackerUrl(tracker, options);
  // Told later, as every other answer: whoever asks has the way to stop it before it is told.
  if (!permitted) return host.at(host.now(), () => done(fault('refused-url', `${tracker} may not be asked`)));
  let body: Uint8Array = new Uint8Array(4096);
  let length = 0;
  let status = 0;
  const exchange = host.http(
    { url, headers: headersOf(options), redirects: limits.redirects, permits: redirectRules(options, options.permits) },
    {
      head: (code) => {
        status = code;
      },
      body: (bytes) => {
        const end = length + bytes.length;
        if (end > limits.responseLength) {
          stop(fault('answer-too-long', 'the answer of the tracker is too long'));
          return;
        }
        if (end > body.length) body = grown(body, 2 * end);
        body.set(bytes, length);
        length = end;
      },
      end: (error) => {
        timer.close();
        done(error ?? read(body.subarray(0, length), status, decode));
      },
    },
  );
  const { timeoutMs = limits.timeoutMs } = options;
  const timer = host.at(host.now() + timeoutMs, () => stop(fault('timeout', 'the tracker does not answer in time')));
  function close(): void {
    timer.close();
    exchange.close();
  }
  function stop(reason: Error): void {
    close();
    done(reason);
  }
  return { close };
}

/** A failure in words counts whatever the status; anything else needs a good one. */
function read<Answer extends { readonly type: string }>(
  body: Uint8Array,
  status: number,
  decode: (body: Uint8Array) => Answer | TrackerFailure,
): Answer | TrackerFailure | Error {
  const badStatus = fault('bad-status', `the tracker answers with status ${status}`);
  try {
    const answer = decode(body);
    return status === 200 || answer.type === 'failure' ? answer : badStatus;
  } catch (error) {
    return status === 200 ? (error as Error) : badStatus;
  }
}

function headersOf({ userAgent }: AskOptions): Record<string, string> {
  return userAgent === undefined ? {} : { 'user-agent': userAgent };
}

/** One growing buffer, because a chunk can be a single byte and an array of its own a hundred. */
function grown(body: Uint8Array, length: number): Uint8Array {
  const room = new Uint8Array(length);
  room.set(body);
  return room;
}

function fault(what: string, message: string): ProtocolError {
  return new ProtocolError(`tracker-http/${what}`, 'BEP 3, trackers', message);
}
