/**
 * An announce or a scrape in one call, over any host (BEP 3, trackers; BEP 48). It resolves to what the tracker says, be it an
 * answer or a failure; it rejects if the tracker cannot be asked, does not answer in time, or answers something else.
 */
import type { Closable, Host, Id20 } from '@ferro/core';
import type { AnnounceRequest, AnnounceResponse, TrackerFailure } from './announce.ts';
import { type AskOptions, ask, askAnnounce } from './ask.ts';
import { limits } from './limits.ts';
import { decodeScrape, type ScrapeResponse, scrapeUrl } from './scrape.ts';
import type { ScrapeCounts } from './server-answer.ts';

export interface HttpTrackerOptions extends AskOptions {
  readonly signal?: AbortSignal;
}

/** Announces to an HTTP tracker and returns what it says. */
export async function announceHttp(
  host: Host,
  url: string,
  request: AnnounceRequest,
  options: HttpTrackerOptions = {},
): Promise<AnnounceResponse | TrackerFailure> {
  return settle(options.signal, (done) => askAnnounce(host, url, request, options, done));
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
    const answer = await settle<ScrapeResponse | TrackerFailure>(options.signal, (done) =>
      ask(host, url, target, decodeScrape, options, done),
    );
    if (answer.type === 'failure') return answer;
    for (const [hash, counts] of answer.files) files.set(hash, counts);
  }
  return { type: 'answer', files };
}

/** A promise of what `begin` will be told; aborting stops it. */
function settle<Answer>(
  signal: AbortSignal | undefined,
  begin: (done: (answer: Answer | Error) => void) => Closable,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const question = begin((answer) => {
      signal?.removeEventListener('abort', abort);
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    });
    function abort(): void {
      question.close();
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}
