/**
 * UDP trackers in three lines, over any host (BEP 15; BEP 41): one socket for any number of them. Commands reject with a
 * ProtocolError if the tracker refuses or stays silent, and with the signal's reason if they are aborted.
 */
import {
  type Address,
  type AddressFamily,
  type Driven,
  driveDatagrams,
  familyOf,
  type Host,
  type Id20,
} from '@ferro/core';
import { UdpTrackerClient, type UdpTrackerClientOptions, type UdpTrackerEvent } from './client.ts';
import type { AnnounceRequest, AnnounceResponse, ScrapeCounts } from './packet.ts';
import { parseUdpUrl } from './url.ts';

export interface UdpTrackerOptions extends UdpTrackerClientOptions {
  /** The local address and port; by default any. */
  readonly ip?: string;
  readonly port?: number;
}

export interface UdpCallOptions {
  readonly signal?: AbortSignal;
  /** Reach the tracker by this family only (BEP 7, announcing). */
  readonly family?: AddressFamily;
  /** Which addresses may be asked: a rule against being sent to local machines belongs here. */
  readonly permits?: (address: Address) => boolean;
}

const CLOSED = 'the tracker socket was closed';

export type UdpScrape = readonly (ScrapeCounts | undefined)[];
type Outcome = Extract<UdpTrackerEvent, { readonly id: number }>;

/** Resolves when the socket is open; rejects if it cannot be had. */
export function openUdpTracker(host: Host, options: UdpTrackerOptions = {}): Promise<UdpTracker> {
  return new Promise((resolve, reject) => {
    const tracker: UdpTracker = new UdpTracker(host, options, { ready: () => resolve(tracker), failed: reject });
  });
}

/** Comes from openUdpTracker(). Trackers are named by their URL, such as `udp://tracker.example:6969/announce`. */
export class UdpTracker implements AsyncDisposable {
  readonly #host: Host;
  readonly #core: UdpTrackerClient;
  readonly #run: Driven;
  readonly #waiting = new Map<number, { settle(outcome: Outcome): void; fail(reason: unknown): void }>();
  #closed = false;

  constructor(host: Host, options: UdpTrackerOptions, notify: { ready(): void; failed(error: Error): void }) {
    this.#host = host;
    this.#core = new UdpTrackerClient(host, options);
    const at = { port: options.port ?? 0, ...(options.ip !== undefined && { ip: options.ip }) };
    this.#run = driveDatagrams(host, at, this.#core, (events) => this.#hear(events), notify);
  }

  async announce(url: string, request: AnnounceRequest, options: UdpCallOptions = {}): Promise<AnnounceResponse> {
    const { urlData } = parseUdpUrl(url);
    const outcome = await this.#ask(url, options, (address) => this.#core.announce(address, request, urlData));
    return (outcome as Extract<Outcome, { type: 'announced' }>).response;
  }

  /** One count for each hash; undefined where the tracker's answer was too short. */
  async scrape(url: string, infoHashes: readonly Id20[], options: UdpCallOptions = {}): Promise<UdpScrape> {
    const outcome = await this.#ask(url, options, (address) => this.#core.scrape(address, infoHashes));
    return (outcome as Extract<Outcome, { type: 'scraped' }>).counts;
  }

  /** Lets go of the socket. What still waits is rejected. */
  close(): void {
    this.#closed = true;
    this.#run.close();
    for (const { fail } of [...this.#waiting.values()]) fail(new Error(CLOSED));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #ask(url: string, options: UdpCallOptions, command: (address: Address) => number): Promise<Outcome> {
    const { host, port } = parseUdpUrl(url);
    const { signal, family, permits = () => true } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      let id = -1;
      const end = () => {
        resolving.close();
        this.#core.cancel(id);
        this.#waiting.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (reason: unknown) => {
        end();
        reject(reason);
      };
      const settle = (outcome: Outcome) => {
        end();
        if (outcome.type === 'failed') reject(outcome.reason);
        else resolve(outcome);
      };
      const abort = () => fail(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const resolving = this.#host.resolve(host, (answer) => {
        if (this.#closed) return fail(new Error(CLOSED));
        if (answer instanceof Error) return fail(answer);
        const addresses = answer.map((ip) => ({ ip, port })).filter(permits);
        const address = addresses.find(({ ip }) => family === undefined || familyOf(ip) === family);
        if (address === undefined) return fail(new Error(`${host} has no address that may be asked`));
        try {
          id = command(address);
        } catch (misuse) {
          return fail(misuse);
        }
        this.#waiting.set(id, { settle, fail });
        this.#run.flush();
      });
    });
  }

  #hear(events: readonly UdpTrackerEvent[]): void {
    for (const event of events) if (event.type !== 'ignored') this.#waiting.get(event.id)?.settle(event);
  }
}
