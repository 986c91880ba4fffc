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
import type { AddOptions, ClientOptions, FetchMetadataOptions } from './options.ts';
import { connectMore } from './torrent/connect.ts';
import { beginWith, close as closeSwarm, seekMetadata } from './torrent/lifecycle.ts';
import { TorrentLinks } from './torrent/links.ts';
import type { Swarm } from './torrent/swarm.ts';
import { Torrent } from './torrent/torrent.ts';

export class Client implements AsyncIterable<readonly ClientEvent[]> {
  readonly #engine: Engine;
  #closing: Promise<void> | undefined;

  constructor(host: Host, options: ClientOptions = {}) {
    this.#engine = new Engine(host, options);
    this.#engine.step(() => this.#engine.start());
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
      if (metainfo !== undefined) {
        torrent.tellMetadata(metainfo);
        beginWith(swarm, metainfo);
      } else takeHints(swarm, magnet!);
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

  /** Nodes in the routing tables of our DHT node; 0 without one. */
  get dhtNodes(): number {
    return this.#engine.dht?.size ?? 0;
  }

  /**
   * The info dictionary that a magnet link stands for, with the link's trackers and web seeds; nothing is stored. A torrent that
   * the client has already is left as it is. Rejects with the signal's reason, and if what comes is no torrent.
   */
  async fetchMetadata(magnet: string, options: FetchMetadataOptions = {}): Promise<Metainfo> {
    const { signal, peers = [] } = options;
    if (signal?.aborted === true) throw signal.reason;
    const known = new Set(this.torrents);
    const torrent = this.add(magnet, { path: '', resumeFile: false, metadataOnly: true, peers });
    try {
      return await (signal === undefined ? torrent.metadata : Promise.race([torrent.metadata, rejection(signal)]));
    } finally {
      if (!known.has(torrent)) await torrent.remove();
    }
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
        let left = swarms.length + 1;
        const end = () => {
          if (engine.closed) return;
          late.close();
          engine.close();
          resolve();
        };
        const late = engine.host.at(engine.now + limits.closeMs, end);
        const one = () => {
          if (--left === 0) end();
        };
        if (engine.dht === undefined) one();
        else engine.dht.save(one);
        for (const swarm of swarms) closeSwarm(swarm, false, one);
      });
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Never fulfilled. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
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
  swarm.linkSelect = magnet.select;
  if (engine.settings.webSeeds) swarm.links = new TorrentLinks(swarm, magnet);
  swarm.extraTrackers = magnet.trackers.map((url) => [url]);
  for (const { host, port } of magnet.peers.slice(0, limits.linkPeers)) {
    const ip = canonicalIp(host);
    if (ip !== undefined) swarm.peerList.add({ ip, port }, 'given', engine.now);
    else engine.resolve(host, (ips) => addPeers(swarm, ips, port));
  }
  if (swarm.options.paused === true) swarm.state = 'paused';
  else seekMetadata(swarm);
}

function addPeers(swarm: Swarm, ips: readonly string[], port: number): void {
  for (const ip of ips) swarm.peerList.add({ ip, port }, 'given', swarm.now);
  connectMore(swarm);
}
