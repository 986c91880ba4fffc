/** A torrent as its user sees it: what it is, how far it is, and what can be done with it. Every call is one step of the engine. */
import type { Address, Id20 } from '@ferro/core';
import type { Metainfo } from '@ferro/metainfo';
import type { Engine } from '../engine.ts';
import { FileHandle } from '../file-stream.ts';
import type { AddOptions } from '../options.ts';
import type { Transport } from '../peer.ts';
import type { Priority } from '../picker.ts';
import { connectMore } from './connect.ts';
import * as life from './lifecycle.ts';
import { save } from './save.ts';
import { Swarm, type SwarmState } from './swarm.ts';
import { timers } from './timers.ts';

/** Rates in bytes a second, totals in bytes of payload. */
export interface TorrentStats {
  readonly state: SwarmState;
  /** Wanted bytes that are verified, and all that are wanted. */
  readonly done: number;
  readonly wanted: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly wasted: number;
  readonly peers: number;
  readonly seeds: number;
  readonly known: number;
  /** Web servers that are being asked. */
  readonly webSeeds: number;
  /** Seconds at the present rate; Infinity when nothing comes. */
  readonly secondsLeft: number;
  /** Pieces looked at while checking. */
  readonly checked: number;
  readonly pieceCount: number;
  readonly trouble?: string;
}

export interface PeerStats {
  readonly address: Address;
  readonly client: string;
  /** What carries the connection. */
  readonly transport: Transport;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly seed: boolean;
  readonly choked: boolean;
  readonly choking: boolean;
  readonly interested: boolean;
  readonly snubbed: boolean;
  readonly outstanding: number;
  readonly incoming: boolean;
}

export class Torrent {
  readonly infoHash: Id20;
  /** Settles when everything wanted is here and verified; rejects if the torrent is removed before. */
  readonly finished: Promise<void>;
  /** Settles when the files have been looked at and peers may come. */
  readonly ready: Promise<void>;
  /** Settles when the info dictionary is known: at once, unless there was only a magnet link. Rejects as `finished` does. */
  readonly metadata: Promise<Metainfo>;
  readonly #swarm: Swarm;
  readonly #engine: Engine;
  #tellMetadata: (metainfo: Metainfo) => void = () => {};
  #tellFinished: () => void = () => {};
  #tellReady: () => void = () => {};
  readonly #failures: ((error: Error) => void)[] = [];

  constructor(engine: Engine, infoHash: Id20, name: string, options: AddOptions) {
    this.#engine = engine;
    this.infoHash = infoHash;
    this.finished = new Promise((resolve, reject) => {
      this.#tellFinished = resolve;
      this.#failures.push(reject);
    });
    this.metadata = new Promise((resolve, reject) => {
      this.#tellMetadata = resolve;
      this.#failures.push(reject);
    });
    this.ready = new Promise((resolve) => {
      this.#tellReady = resolve;
    });
    // Nobody has to listen to them.
    this.finished.catch(() => {});
    this.metadata.catch(() => {});
    this.#swarm = new Swarm(engine, this, infoHash, name, options, timers);
  }

  /** For the engine's own parts. */
  get swarm(): Swarm {
    return this.#swarm;
  }

  tellFinished(): void {
    this.#tellFinished();
  }

  tellReady(): void {
    this.#tellReady();
  }

  tellMetadata(metainfo: Metainfo): void {
    this.#tellMetadata(metainfo);
  }

  fail(error: Error): void {
    for (const reject of this.#failures) reject(error);
  }

  get name(): string {
    return this.#swarm.name;
  }

  get state(): SwarmState {
    return this.#swarm.state;
  }

  /** Absent while only a magnet link is known. */
  get metainfo(): Metainfo | undefined {
    return this.#swarm.content?.metainfo;
  }

  /** The share of what is wanted that is here, from 0 to 1. */
  get progress(): number {
    const { done, wanted } = this.stats();
    return this.#swarm.content === undefined ? 0 : wanted === 0 ? 1 : done / wanted;
  }

  /** One bit a piece, as in a bitfield message. */
  get pieces(): Uint8Array {
    return this.#swarm.content?.picker.bits().bytes ?? new Uint8Array(0);
  }

  stats(): TorrentStats {
    const swarm = this.#swarm;
    const now = this.#engine.host.now();
    const { content } = swarm;
    const bytes = content?.picker.bytes(content.layout) ?? { done: 0, wanted: 0 };
    const downloadRate = swarm.down.rate(now);
    return {
      state: swarm.state,
      done: bytes.done,
      wanted: bytes.wanted,
      downloadRate,
      uploadRate: swarm.up.rate(now),
      downloaded: swarm.down.total,
      uploaded: swarm.up.total,
      wasted: swarm.wasted,
      peers: swarm.peers.size,
      seeds: [...swarm.peers].filter((peer) => peer.seed).length,
      known: swarm.peerList.size,
      webSeeds: swarm.web.size,
      secondsLeft: bytes.done === bytes.wanted ? 0 : (bytes.wanted - bytes.done) / downloadRate,
      checked: swarm.checked,
      pieceCount: content?.metainfo.pieceCount ?? 0,
      ...(swarm.trouble === undefined ? {} : { trouble: swarm.trouble.fault }),
    };
  }

  peers(): readonly PeerStats[] {
    const now = this.#engine.host.now();
    return [...this.#swarm.peers].map((peer) => ({
      address: peer.address,
      client: peer.client,
      transport: peer.transport,
      downloadRate: peer.down.rate(now),
      uploadRate: peer.up.rate(now),
      downloaded: peer.down.total,
      uploaded: peer.up.total,
      seed: peer.seed,
      choked: peer.connection.choked,
      choking: peer.connection.choking,
      interested: peer.connection.interesting,
      snubbed: peer.snubbed,
      outstanding: peer.asked.size,
      incoming: peer.incoming,
    }));
  }

  /** Its files, to read while they are still coming. Empty until the metadata is known. */
  get files(): readonly FileHandle[] {
    const { content } = this.#swarm;
    return content === undefined ? [] : content.layout.files.map((_, index) => new FileHandle(this.#swarm, index));
  }

  file(index: number): FileHandle {
    const handle = this.files[index];
    if (handle === undefined) throw new RangeError(`there is no file ${index}`);
    return handle;
  }

  /** Which files are wanted, and how much: 0 not at all, 1 low, 2 normal, 3 high. */
  prioritize(priorities: readonly Priority[]): void {
    this.#engine.step(() => life.setPriorities(this.#swarm, priorities));
  }

  addPeer(address: Address): void {
    this.#engine.step(() => {
      this.#swarm.peerList.add(address, 'given', this.#engine.now);
      connectMore(this.#swarm);
    });
  }

  pause(): void {
    this.#engine.step(() => life.pause(this.#swarm));
  }

  resume(): void {
    this.#engine.step(() => life.resume(this.#swarm));
  }

  /** Hashes everything again. */
  recheck(): void {
    this.#engine.step(() => life.recheck(this.#swarm));
  }

  /** Writes resume data now. */
  save(): Promise<void> {
    return new Promise((resolve) => this.#engine.step(() => save(this.#swarm, false, resolve)));
  }

  /** Forgets the torrent; with `data`, its files too. */
  remove(options: { readonly data?: boolean } = {}): Promise<void> {
    return new Promise((resolve) => {
      this.#engine.step(() => {
        life.close(this.#swarm, options.data === true, () => {
          this.fail(new Error('the torrent was removed'));
          this.#engine.events.push({ type: 'removed', torrent: this });
          resolve();
        });
      });
    });
  }
}
