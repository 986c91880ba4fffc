/** A tracker in one line, over any host (BEP 3, trackers; BEP 15): `await using tracker = await openTracker(host, { http: { port: 6969 } })`. */
import type { Address, Host } from '@ferro/core';
import { type TrackerOptions, TrackerServer } from './server.ts';
import type { TrackerStats } from './stats.ts';

export interface Tracker extends AsyncDisposable {
  /** Where it listens. */
  readonly http: Address | undefined;
  readonly udp: Address | undefined;
  stats(): TrackerStats;
  /** Reads the allow and deny lists now rather than in a few seconds. */
  reload(): void;
  /** Answers what is in flight, then lets go of the ports and of the store. */
  close(): Promise<void>;
}

/** Resolves when it listens; rejects if a port cannot be had. */
export function openTracker(host: Host, options: TrackerOptions): Promise<Tracker> {
  return new Promise((resolve, reject) => {
    const server: TrackerServer = new TrackerServer(host, options, {
      ready: () => resolve(new OpenTracker(server)),
      failed: reject,
    });
  });
}

class OpenTracker implements Tracker {
  readonly #server: TrackerServer;
  #closing: Promise<void> | undefined;

  constructor(server: TrackerServer) {
    this.#server = server;
  }

  get http(): Address | undefined {
    return this.#server.http;
  }

  get udp(): Address | undefined {
    return this.#server.udp;
  }

  stats(): TrackerStats {
    return this.#server.stats();
  }

  reload(): void {
    this.#server.reload();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#server.close(resolve));
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
