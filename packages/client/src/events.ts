/**
 * What a client tells its user: plain objects of one union, in batches, one batch a step. A listener that iterates too slowly
 * loses the oldest batches and is told how many events that was.
 */
import { type Address, AsyncQueue } from '@ferro/core';
import { limits } from './limits.ts';
import type { Torrent } from './torrent/torrent.ts';

export type ClientEvent =
  | {
      readonly type: 'added' | 'ready' | 'metadata' | 'finished' | 'paused' | 'resumed' | 'removed';
      readonly torrent: Torrent;
    }
  /** What the magnet link stands for is no torrent that can be used: nothing more will happen. */
  | { readonly type: 'failed'; readonly torrent: Torrent; readonly error: Error }
  /** Stored data is being compared with the hashes. */
  | { readonly type: 'checking'; readonly torrent: Torrent; readonly checked: number; readonly total: number }
  | {
      readonly type: 'piece';
      readonly torrent: Torrent;
      readonly piece: number;
      readonly outcome: 'stored' | 'corrupt';
    }
  | { readonly type: 'peer-connected'; readonly torrent: Torrent; readonly address: Address; readonly client: string }
  | { readonly type: 'peer-closed'; readonly torrent: Torrent; readonly address: Address; readonly reason: string }
  | { readonly type: 'peer-banned'; readonly torrent: Torrent; readonly ip: string }
  | {
      readonly type: 'tracker';
      readonly torrent: Torrent;
      readonly url: string;
      readonly peers: number;
      readonly error?: string;
    }
  /** A web server will not be asked any more: it has lied, or has nothing. */
  | { readonly type: 'web-seed-closed'; readonly torrent: Torrent; readonly url: string; readonly reason: string }
  /** Nothing can be stored or read for now; downloading goes on by itself when it can. */
  | { readonly type: 'disk-trouble'; readonly torrent: Torrent; readonly fault: string; readonly error: Error }
  | { readonly type: 'disk-recovered'; readonly torrent: Torrent }
  | { readonly type: 'listening'; readonly address: Address }
  | { readonly type: 'listen-failed'; readonly error: Error }
  /** The UDP port of the same number belongs to somebody else: uTP and the DHT use another one, at which nobody looks for us. */
  | { readonly type: 'udp-failed'; readonly error: Error }
  /** The reader of the iterator was too slow. */
  | { readonly type: 'dropped'; readonly count: number };

export type Listener = (events: readonly ClientEvent[]) => void;

export class Events {
  readonly #listeners = new Set<Listener>();
  #batch: ClientEvent[] = [];

  push(event: ClientEvent): void {
    if (this.#listeners.size > 0) this.#batch.push(event);
  }

  /** Hands out what has gathered: at the end of a step, so that listeners may call anything. */
  deliver(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    for (const listener of [...this.#listeners]) listener(batch);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  iterate(): AsyncIterableIterator<readonly ClientEvent[]> {
    let told = 0;
    const queue = new AsyncQueue<readonly ClientEvent[]>({ limit: limits.eventBatches, onReturn: () => stop() });
    const stop = this.subscribe((batch) => {
      const lost = queue.dropped - told;
      told = queue.dropped;
      queue.push(lost === 0 ? batch : [{ type: 'dropped', count: lost }, ...batch]);
    });
    this.#queues.add(queue);
    return queue;
  }

  readonly #queues = new Set<AsyncQueue<readonly ClientEvent[]>>();

  close(): void {
    this.deliver();
    for (const queue of this.#queues) queue.end();
    this.#listeners.clear();
  }
}
