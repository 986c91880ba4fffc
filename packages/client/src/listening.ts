/**
 * Where peers reach us: at each endpoint a TCP listener (BEP 3), and for each family of addresses one UDP port of the same
 * number (BEP 5, BEP 29). What has to know our port waits until all are there, or are known not to be.
 */
import {
  type Address,
  type AddressFamily,
  type Endpoint,
  familyOf,
  type Listener,
  type Stream,
  type StreamHandler,
} from '@ferro/core';
import type { Engine } from './engine.ts';

export class Listening {
  readonly #engine: Engine;
  readonly #listeners: Listener[] = [];
  readonly #taken = new Set<AddressFamily>();
  readonly #whenOpen: (() => void)[] = [];
  /** Our ports are known. */
  isOpen = false;
  #waiting = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  start(accept: (stream: Stream) => StreamHandler): void {
    const { listen, tcp } = this.#engine.settings;
    this.#waiting++;
    for (const endpoint of listen) {
      if (tcp) this.#listen(endpoint, accept);
      else this.#bind(endpoint, endpoint.port);
    }
    this.#settled();
  }

  /** In this step, or in the one in which our ports become known. */
  whenOpen(run: () => void): void {
    if (this.isOpen) run();
    else this.#whenOpen.push(run);
  }

  /** Where those of that family find us: at one address, or at any. */
  ip(family: AddressFamily): string | 'any' | undefined {
    for (const { ip } of this.#engine.settings.listen) {
      if (ip === undefined || ip === '::' || (ip === '0.0.0.0' && family === 4)) return 'any';
      if (familyOf(ip) === family) return ip;
    }
    return undefined;
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #listen(endpoint: Endpoint, accept: (stream: Stream) => StreamHandler): void {
    const engine = this.#engine;
    this.#waiting++;
    const listener = engine.host.listen(endpoint, {
      accept,
      ready: (local) => {
        engine.step(() => {
          this.#tell(local);
          this.#bind(endpoint, local.port);
          this.#settled();
        });
      },
      failed: (error) => {
        engine.step(() => {
          engine.events.push({ type: 'listen-failed', error });
          this.#settled();
        });
      },
    });
    this.#listeners.push(listener);
  }

  /** The UDP port beside it, for the families that have none yet. */
  #bind(at: Endpoint, port: number): void {
    const engine = this.#engine;
    const { tcp, utp, dht, listen } = engine.settings;
    // TCP listens there for both families, too.
    const ip = at.ip === '::' ? undefined : at.ip;
    const all: readonly AddressFamily[] = ip === undefined ? [4, 6] : [familyOf(ip)];
    const families = all.filter((family) => !this.#taken.has(family));
    const [first] = families;
    if (first === undefined || !(utp || dht)) return;
    for (const family of families) this.#taken.add(family);
    const here = families.length === all.length ? ip : first === 4 ? '0.0.0.0' : '::';
    this.#waiting++;
    const place = { port, ...(here === undefined ? {} : { ip: here }), ...(at.share === true ? { share: true } : {}) };
    engine.demux.bind(place, families, (result) => {
      if (!(result instanceof Error)) {
        if (!tcp && listen.length > 0) this.#tell(result);
      } else if (tcp && port !== 0) {
        // Somebody else has it. Any port will do for what we begin ourselves.
        for (const family of families) this.#taken.delete(family);
        engine.events.push({ type: 'udp-failed', error: result });
        this.#bind(at, 0);
      } else engine.events.push({ type: 'listen-failed', error: result });
      this.#settled();
    });
  }

  #tell(local: Address): void {
    const engine = this.#engine;
    engine.port ||= local.port;
    engine.ready.push(local);
    engine.seenAt();
    engine.events.push({ type: 'listening', address: local });
  }

  #settled(): void {
    const { settings, demux, closed } = this.#engine;
    if (--this.#waiting > 0 || closed) return;
    // Who listens nowhere may still ask.
    if (this.#taken.size === 0 && settings.listen.length === 0 && (settings.utp || settings.dht)) {
      this.#bind({ port: 0 }, 0);
      if (this.#waiting > 0) return;
    }
    this.isOpen = true;
    demux.open();
    for (const run of this.#whenOpen.splice(0)) run();
  }
}
