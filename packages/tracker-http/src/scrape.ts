/**
 * A client's scrape over HTTP (BEP 48; BEP 21, tracker scrapes): the URL that follows by convention from the announce URL, and
 * the counts in the answer. A scrape of all torrents of a tracker is not asked for.
 */
import { dictionaryAt, keyBytes } from '@ferro/bencode';
import { type Id20, ProtocolError, toHex } from '@ferro/core';
import { countAt, decodeAnswer, escapeBytes, failureIn, type TrackerFailure, withQuery } from './announce.ts';
import { limits } from './limits.ts';
import type { ScrapeCounts } from './server-answer.ts';

export interface ScrapeResponse {
  readonly type: 'answer';
  /** By the hash in lower-case hexadecimal; what the tracker does not know is not there. */
  readonly files: ReadonlyMap<string, ScrapeCounts>;
}

/**
 * The scrape URL, by the convention that the last segment of the path begins with `announce`; a tracker with another path has
 * none, and that is a ProtocolError.
 */
export function scrapeUrl(tracker: string, infoHashes: readonly Id20[]): string {
  if (infoHashes.length === 0 || infoHashes.length > limits.scrapeHashes) {
    throw new RangeError(`a scrape asks for 1 to ${limits.scrapeHashes} hashes`);
  }
  const match = /^([^?#]*\/)announce([^/?#]*)(\?[^#]*)?(#.*)?$/.exec(tracker);
  if (match === null || /^[a-z]+:\/\/$/i.test(match[1]!)) {
    throw new ProtocolError(
      'tracker-http/no-scrape',
      'BEP 48, scrape request',
      'the last segment of the path of the announce URL does not begin with "announce"',
    );
  }
  const url = `${match[1]}scrape${match[2]}${match[3] ?? ''}`;
  return withQuery(url, infoHashes.map(({ bytes }) => `info_hash=${escapeBytes(bytes)}`).join('&'));
}

/** Reads the body of an answer to a scrape. Missing counts are 0; entries that are no counts are left out. */
export function decodeScrape(body: Uint8Array): ScrapeResponse | TrackerFailure {
  const answer = decodeAnswer(body);
  const failure = failureIn(answer);
  if (failure !== undefined) return failure;
  const found = dictionaryAt(answer, 'files');
  if (found === undefined) {
    throw new ProtocolError('tracker-http/not-an-answer', 'BEP 48, scrape response', 'neither files nor a failure');
  }
  const files = new Map<string, ScrapeCounts>();
  for (const key of Object.keys(found)) {
    const counts = dictionaryAt(found, key);
    if (key.length !== 20 || counts === undefined || files.size >= limits.scrapeHashes) continue;
    const downloaders = countAt(counts, 'downloaders');
    files.set(toHex(keyBytes(key)), {
      complete: countAt(counts, 'complete') ?? 0,
      downloaded: countAt(counts, 'downloaded') ?? 0,
      incomplete: countAt(counts, 'incomplete') ?? 0,
      ...(downloaders !== undefined && { downloaders }),
    });
  }
  return { type: 'answer', files };
}
