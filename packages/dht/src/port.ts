/**
 * A node (BEP 5) on a port of a host: runs the core, and brings each event to whoever started what it is about. What stands between
 * the core and the promises of open.ts; knows neither messages nor promises.
 */
import {
  type Address,
  type AddressFamily,
  type Closable,
  type Driven,
  driveDatagrams,
  type Endpoint,
  type Host,
} from '@ferro/core';
import type { Dht } from './dht.ts';
import type { DhtEvent, LookupDone } from './events.ts';
import type { BodyFields } from './krpc-body.ts';
import type { Lookup } from './lookup.ts';

export type Answer = Extract<DhtEvent, { readonly type: 'answer' | 'failed' }>;

export class Port implements Closable {
  readonly #core: Dht;
  readonly #families: readonly AddressFamily[];
  readonly #driven: Driven & { readonly socket: { readonly local: Address } };
  readonly #watchers = new Map<number, (event: DhtEvent) => void>();

  constructor(
    host: Host,
    at: Endpoint,
    core: Dht,
    families: readonly AddressFamily[],
    notify: { readonly ready: () => void; readonly failed: (error: Error) => void },
  ) {
    this.#core = core;
    this.#families = families;
    this.#driven = driveDatagrams(host, at, core, (events) => this.#hear(events), notify);
  }

  get local(): Address {
    return this.#driven.socket.local;
  }

  /** Sends what commands have made ready. */
  flush(): void {
    this.#driven.flush();
  }

  /** Runs one lookup in each network. `done` comes once, unless it is cancelled before. */
  lookups(
    start: (family: AddressFamily) => Lookup,
    on: (event: DhtEvent) => void,
    done: (results: readonly LookupDone[]) => void,
  ): { cancel(): void } {
    const results: LookupDone[] = [];
    const lookups = this.#families.map(start);
    for (const { id } of lookups) {
      this.#watchers.set(id, (event) => {
        if (event.type !== 'done') return on(event);
        this.#watchers.delete(id);
        results.push(event);
        if (results.length === lookups.length) done(results);
      });
    }
    this.flush();
    const cancel = () => {
      for (const lookup of lookups) if (this.#watchers.delete(lookup.id)) this.#core.cancel(lookup);
    };
    return { cancel };
  }

  /** Asks one node. `done` comes once. */
  question(to: Address, method: string, body: BodyFields, done: (answer: Answer) => void): void {
    const number = this.#core.query(to, method, body);
    this.#watchers.set(number, (event) => {
      if (event.type !== 'answer' && event.type !== 'failed') return;
      this.#watchers.delete(number);
      done(event);
    });
    this.flush();
  }

  close(): void {
    this.#driven.close();
    this.#watchers.clear();
  }

  #hear(events: readonly DhtEvent[]): void {
    for (const event of events) {
      if ('lookup' in event) this.#watchers.get(event.lookup)?.(event);
      else if ('query' in event) this.#watchers.get(event.query)?.(event);
    }
  }
}
