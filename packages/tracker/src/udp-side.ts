/**
 * The tracker's UDP port (BEP 15; BEP 41): questions to the rules and the store, answers back. What is a bad packet is decided in
 * the core of the protocol, which answers none: an error would help who forges addresses.
 */
import { type Address, type Driven, driveDatagrams, type Endpoint, type Host } from '@ferro/core';
import {
  type AnnounceQuery,
  type ReplyTo,
  type ScrapeQuery,
  UdpTrackerServer,
  type UdpTrackerServerEvent,
} from '@ferro/tracker-udp';
import { limits } from './limits.ts';
import { NOT_SERVED, type Rules, STORE_AWAY } from './rules.ts';
import type { StoreAnswer, StoreFailure } from './store.ts';

const WANT_V4 = Math.floor(limits.udpPeersLength / 6);
const WANT_V6 = Math.floor(limits.udpPeersLength / 18);

export class UdpSide {
  readonly #rules: Rules;
  readonly #core: UdpTrackerServer;
  readonly #run: Driven;
  /** Inside a batch the driver sends what is ready when the batch is done. */
  #inBatch = false;

  constructor(
    host: Host,
    at: Endpoint,
    rules: Rules,
    notify: { ready(at: Address): void; failed(error: Error): void },
  ) {
    this.#rules = rules;
    this.#core = new UdpTrackerServer(host);
    this.#run = driveDatagrams(host, at, this.#core, (events) => this.#hear(events), notify);
  }

  close(): void {
    this.#run.close();
  }

  #hear(events: readonly UdpTrackerServerEvent[]): void {
    this.#inBatch = true;
    for (const event of events) {
      if (event.type === 'announce') this.#announce(event);
      else if (event.type === 'scrape') this.#scrape(event);
      else this.#rules.counts.ignored++;
    }
    this.#inBatch = false;
  }

  #announce(query: AnnounceQuery): void {
    this.#rules.counts.announcesUdp++;
    const to = { from: query.from, transaction: query.transaction };
    if (!this.#rules.serves(query.infoHash)) return this.#refuse(to, NOT_SERVED);
    const wantMax = query.from.ip.includes(':') ? WANT_V6 : WANT_V4;
    this.#rules.announce(query, false, wantMax, (answer) => this.#answer(to, answer));
  }

  #answer(to: ReplyTo, answer: StoreAnswer | StoreFailure): void {
    if (answer.type === 'failed') return this.#refuse(to, STORE_AWAY);
    const peers = answer.peers.length > 0 ? answer.peers : answer.peers6;
    this.#core.respondAnnounce(to, this.#rules.interval, answer.leechers + answer.paused, answer.seeders, peers);
    this.#flush();
  }

  #scrape(query: ScrapeQuery): void {
    const { counts, store } = this.#rules;
    counts.scrapesUdp++;
    const to = { from: query.from, transaction: query.transaction };
    this.#rules.waiting++;
    store.scrape(query.infoHashes, query.count, (answer) => {
      this.#rules.waiting--;
      if ('type' in answer) {
        counts.storeFailures++;
        return this.#refuse(to, STORE_AWAY);
      }
      this.#core.respondScrape(
        to,
        answer.map(({ seeders, leechers, paused, completed }) => ({ seeders, completed, leechers: leechers + paused })),
      );
      this.#flush();
    });
  }

  #refuse(to: ReplyTo, message: string): void {
    this.#rules.counts.errors++;
    this.#core.respondError(to, message);
    this.#flush();
  }

  #flush(): void {
    if (!this.#inBatch) this.#run.flush();
  }
}
