/** Announces and scrapes over HTTP: from the request target to the bencoded answer (BEP 3, trackers; BEP 7, 21, 23, 24, 31, 48). */
import { type Address, decodeCompactList, ProtocolError, parseIp } from '@ferro/core';
import {
  type AnnounceQuery,
  encodeAnnounce,
  encodeFailure,
  encodeScrape,
  parseTarget,
  type ScrapeQuery,
} from '@ferro/tracker-http';
import { limits } from './limits.ts';
import { NOT_SERVED, type Rules, STORE_AWAY } from './rules.ts';
import type { StoreAnswer } from './store.ts';

/** Minutes until a client shall ask again when the store is away (BEP 31). */
const RETRY_MINUTES = 5;

export class HttpQuestions {
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** False: the target is no announce and no scrape. The body may come at once. */
  ask(target: Uint8Array, from: Address, done: (body: Uint8Array) => void): boolean {
    try {
      const query = parseTarget(target);
      if (query === undefined) return false;
      if (query.type === 'announce') this.#announce(query, from, done);
      else this.#scrape(query, done);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(done, error.message);
    }
    return true;
  }

  #announce(query: AnnounceQuery, from: Address, done: (body: Uint8Array) => void): void {
    this.#rules.counts.announcesHttp++;
    if (!this.#rules.serves(query.infoHash)) return this.#refuse(done, NOT_SERVED, 'never');
    const { infoHash, port, left, event, numWant } = query;
    this.#rules.announce({ infoHash, from, port, left, event, numWant }, true, limits.numWant, (answer) => {
      if (answer.type === 'failed') this.#refuse(done, STORE_AWAY, RETRY_MINUTES);
      else done(this.#encode(query, from, answer));
    });
  }

  #encode(query: AnnounceQuery, from: Address, answer: StoreAnswer): Uint8Array {
    const { interval } = this.#rules;
    const { peers, peers6 } = answer;
    const externalIp = parseIp(from.ip);
    const full = query.compact ? undefined : [...decodeCompactList(peers, 4), ...decodeCompactList(peers6, 6)];
    return encodeAnnounce({
      interval,
      minInterval: Math.ceil(interval / 2),
      complete: answer.seeders,
      incomplete: answer.leechers + answer.paused,
      downloaded: answer.completed,
      peers: full ?? peers,
      ...(peers6.length > 0 && { peers6 }),
      ...(externalIp !== undefined && { externalIp }),
      ...(answer.full && { warning: 'too many peers: you are not listed' }),
    });
  }

  #scrape(query: ScrapeQuery, done: (body: Uint8Array) => void): void {
    const { counts, store } = this.#rules;
    counts.scrapesHttp++;
    if (query.count === 0) return this.#refuse(done, 'name the torrents: there is no scrape of all');
    this.#rules.waiting++;
    const infoHashes = query.infoHashes;
    store.scrape(infoHashes, query.count, (answer) => {
      this.#rules.waiting--;
      if ('type' in answer) {
        counts.storeFailures++;
        return this.#refuse(done, STORE_AWAY, RETRY_MINUTES);
      }
      const files = answer.map(({ seeders, leechers, paused, completed }) => ({
        complete: seeders,
        downloaded: completed,
        incomplete: leechers + paused,
        downloaders: leechers,
      }));
      done(encodeScrape(infoHashes, files));
    });
  }

  #refuse(done: (body: Uint8Array) => void, reason: string, retryIn?: number | 'never'): void {
    this.#rules.counts.errors++;
    done(encodeFailure(reason, retryIn));
  }
}
