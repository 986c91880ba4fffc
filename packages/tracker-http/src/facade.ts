/**
 * An announce or a scrape in one call, over any host (BEP 3, trackers; BEP 48). It resolves to what the tracker says, be it an
 * answer or a failure; it rejects if the tracker cannot be asked, does not answer in time, or answers something else.
 */
import { type Address, type Host, type Id20, ProtocolError } from '@ferro/core';
import { permitsTrackerUrl, redirectRules, type TrackerRules } from './addresses.ts';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  announceUrl,
  decodeAnnounce,
  type TrackerFailure,
} from './announce.ts';
import { limits } from './limits.ts';
import { decodeScrape, type ScrapeResponse, scrapeUrl } from './scrape.ts';
import type { ScrapeCounts } from './server-answer.ts';

export interface HttpTrackerOptions extends TrackerRules {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Sent as User-Agent; some trackers refuse clients without one. */
  readonly userAgent?: string;
  /** A further rule on addresses: for instance only one address family (BEP 7, announcing). */
  readonly permits?: (address: Address) => boolean;
}

/** Announces to an HTTP tracker and returns what it says. */
export async function announceHttp(
  host: Host,
  url: string,
  request: AnnounceRequest,
  options: HttpTrackerOptions = {},
): Promise<AnnounceResponse | TrackerFailure> {
  return ask(host, url, announceUrl(url, request), decodeAnnounce, options);
}

/** Scrapes any number of hashes, in as many requests as they need. A failure of one is the answer. */
export async function scrapeHttp(
  host: Host,
  url: string,
  infoHashes: readonly Id20[],
  options: HttpTrackerOptions = {},
): Promise<ScrapeResponse | TrackerFailure> {
  const files = new Map<string, ScrapeCounts>();
  for (let from = 0; from < infoHashes.length; from += limits.scrapeHashes) {
    const target = scrapeUrl(url, infoHashes.slice(from, from + limits.scrapeHashes));
    const answer = await ask(host, url, target, decodeScrape, options);
    if (answer.type === 'failure') return answer;
    for (const [hash, counts] of answer.files) files.set(hash, counts);
  }
  return { type: 'answer', files };
}

function ask<Answer extends { readonly type: string }>(
  host: Host,
  tracker: string,
  url: string,
  decode: (body: Uint8Array) => Answer | TrackerFailure,
  options: HttpTrackerOptions,
): Promise<Answer | TrackerFailure> {
  const { signal, timeoutMs = limits.timeoutMs } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    if (!permitsTrackerUrl(tracker, options)) return reject(fault('refused-url', `${tracker} may not be asked`));
    let body: Uint8Array = new Uint8Array(4096);
    let length = 0;
    let status = 0;
    const exchange = host.http(
      {
        url,
        headers: headersOf(options),
        redirects: limits.redirects,
        permits: redirectRules(options, options.permits),
      },
      {
        head: (code) => {
          status = code;
        },
        body: (bytes) => {
          const end = length + bytes.length;
          if (end > limits.responseLength)
            return stop(fault('answer-too-long', 'the answer of the tracker is too long'));
          if (end > body.length) body = grown(body, 2 * end);
          body.set(bytes, length);
          length = end;
        },
        end: (error) => {
          letGo();
          if (error !== undefined) return reject(error);
          try {
            const answer = decode(body.subarray(0, length));
            if (status === 200 || answer.type === 'failure') resolve(answer);
            else reject(fault('bad-status', `the tracker answers with status ${status}`));
          } catch (decodeError) {
            reject(status === 200 ? decodeError : fault('bad-status', `the tracker answers with status ${status}`));
          }
        },
      },
    );
    const timer = host.at(host.now() + timeoutMs, () => stop(fault('timeout', 'the tracker does not answer in time')));
    const abort = () => stop(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    function letGo(): void {
      timer.close();
      signal?.removeEventListener('abort', abort);
    }
    function stop(reason: unknown): void {
      letGo();
      exchange.close();
      reject(reason);
    }
  });
}

function headersOf({ userAgent }: HttpTrackerOptions): Record<string, string> {
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
