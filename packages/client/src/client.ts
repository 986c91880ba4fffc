/**
 * A complete client over any host. Promises begin here; below is one loop of plain steps. `subscribe` is the primitive:
 * one call a step with everything that happened in it; iterating is sugar over it.
 */
import { canonicalIp, type Host, Id20 } from '@ferro/core';
import { MetadataDownload } from '@ferro/ext-metadata';
import { type Magnet, type Metainfo, parseMagnet, parseTorrent } from '@ferro/metainfo';
import { Engine } from './engine.ts';
import type { ClientEvent, Listener } from './events.ts';
import { limits } from './limits.ts';
import type { AddOptions, ClientOptions } from './options.ts';
import { acceptPeer } from './torrent/accept.ts';
import { connectMore } from './torrent/connect.ts';
import { begin, close as closeSwarm } from './torrent/lifecycle.ts';
import { contentOf, type Swarm } from './torrent/swarm.ts';
import { Torrent } from './torrent/torrent.ts';

export class Client implements AsyncIterable<readonly ClientEvent[]> {
  readonly #engine: Engine;
  #closing: Promise<void> | undefined;

  constructor(host: Host, options: ClientOptions = {}) {
    this.#engine = new Engine(host, options);
    const engine = this.#engine;
    engine.step(() => {
      for (const endpoint of engine.settings.tcp ? engine.settings.listen : []) {
        const listener = host.listen(endpoint, {
          ready: (local) => {
            engine.step(() => {
              engine.port ||= local.port;
              engine.ready.push(local);
              engine.events.push({ type: 'listening', address: local });
            });
          },
          accept: (stream) => acceptPeer(engine, stream),
          failed: (error) => engine.step(() => engine.events.push({ type: 'listen-failed', error })),
        });
        engine.listeners.push(listener);
      }
    });
  }

  /** Adds a torrent: the bytes of a .torrent file, what parseTorrent() made of them, or a magnet link. */
  add(source: Uint8Array | string | Metainfo, options: AddOptions): Torrent {
    const engine = this.#engine;
    if (engine.closed) throw new TypeError('the client is closed');
    const metainfo =
      typeof source === 'string'
        ? undefined
        : source instanceof Uint8Array
          ? parseTorrent(source, { names: engine.settings.names })
          : source;
    const magnet = typeof source === 'string' ? parseMagnet(source) : undefined;
    const infoHash = wireHash((metainfo ?? magnet)!);
    const existing = engine.swarmOf(infoHash);
    if (existing !== undefined) return existing.torrent;
    const torrent = new Torrent(engine, infoHash, metainfo?.name ?? magnet?.name ?? infoHash.hex, options);
    const { swarm } = torrent;
    engine.step(() => {
      engine.swarms.set(infoHash.hex, swarm);
      for (const address of options.peers ?? []) swarm.peerList.add(address, 'given', engine.now);
      engine.events.push({ type: 'added', torrent });
      if (metainfo !== undefined) begin(swarm, contentOf(swarm, metainfo));
      else takeHints(swarm, magnet!);
    });
    return torrent;
  }

  get torrents(): readonly Torrent[] {
    return [...this.#engine.swarms.values()].map((swarm) => swarm.torrent);
  }

  /** Where peers reach us; 0 until the port is known. */
  get port(): number {
    return this.#engine.port;
  }

  /** Bytes of payload in memory now; never more than `memory`. */
  get memoryUsed(): number {
    return this.#engine.memory.used;
  }

  /** Bytes a second for all torrents together; Infinity lifts the limit. */
  setRates(rates: { readonly download?: number; readonly upload?: number }): void {
    this.#engine.step(() => {
      this.#engine.downLimit.rate = rates.download ?? this.#engine.downLimit.rate;
      this.#engine.upLimit.rate = rates.upload ?? this.#engine.upLimit.rate;
    });
  }

  /** Calls the listener once a step, after it. Returns a function that ends it. */
  subscribe(listener: Listener): () => void {
    return this.#engine.events.subscribe(listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly ClientEvent[]> {
    return this.#engine.events.iterate();
  }

  /** Saves what is known, says goodbye to trackers, closes files. Takes a few seconds at most. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const engine = this.#engine;
      engine.step(() => {
        const swarms = [...engine.swarms.values()];
        let left = swarms.length;
        const end = () => {
          if (engine.closed) return;
          late.close();
          engine.close();
          resolve();
        };
        const late = engine.host.at(engine.now + limits.closeMs, end);
        if (left === 0) end();
        for (const swarm of swarms) {
          closeSwarm(swarm, false, () => {
            left--;
            if (left === 0) end();
          });
        }
      });
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What peers and trackers call the torrent: the v1 hash, or the first 20 bytes of the v2 hash (BEP 52). */
function wireHash(source: {
  readonly infoHashV1?: Id20 | undefined;
  readonly infoHashV2?: Uint8Array | undefined;
}): Id20 {
  if (source.infoHashV1 !== undefined) return source.infoHashV1;
  return Id20.from(source.infoHashV2!.subarray(0, 20));
}

/** A magnet link names trackers and peers (BEP 9, x.pe); the rest comes from them. */
function takeHints(swarm: Swarm, magnet: Magnet): void {
  const { engine } = swarm;
  swarm.metadata = new MetadataDownload({ v1: magnet.infoHashV1, v2: magnet.infoHashV2 });
  swarm.webSeeds = magnet.webSeeds;
  swarm.extraTrackers = magnet.trackers.map((url) => [url]);
  for (const { host, port } of magnet.peers) {
    const ip = canonicalIp(host);
    if (ip !== undefined) swarm.peerList.add({ ip, port }, 'given', engine.now);
  }
  swarm.announcer.start();
  connectMore(swarm);
}
