/**
 * A node of the DHT with promises, over any host (BEP 5, 32, 33, 44, 46, 51). Everything is asked in both networks that the
 * node is part of. What is not here is in the core, which can be reached as `core`.
 */
import { type BencodeInput, encode } from '@ferro/bencode';
import { type Address, type AddressFamily, AsyncQueue, type Host, Id20, ProtocolError } from '@ferro/core';
import type { Contact } from './contact.ts';
import { Dht } from './dht.ts';
import type { LookupDone } from './events.ts';
import type { Item, MutableItem } from './items.ts';
import type { BodyFields } from './krpc-body.ts';
import { limits } from './limits.ts';
import type { Lookup } from './lookup.ts';
import { decodeMutableTorrent, parseMutableMagnet, type TorrentPublisher } from './mutable-torrent.ts';
import { randomId } from './node-id.ts';
import { onAbort } from './on-abort.ts';
import { type Cancellable, type OpenDhtOptions, type PutOptions, type Stored, storedOf } from './open-options.ts';
import { type Answer, Port } from './port.ts';
import { resolveNodes } from './resolve-nodes.ts';
import type { AnnounceOptions } from './search.ts';
import { mutableTarget, publicKeyOf, sign } from './signatures.ts';
import { wellKnownRouters } from './well-known.ts';

/** Opens a port and begins to enter the network. Rejects if the port cannot be had. */
export async function openDht(host: Host, options: OpenDhtOptions = {}): Promise<OpenDht> {
  const names = options.bootstrap ?? wellKnownRouters;
  const known = await new Promise<readonly Address[]>((resolve) => resolveNodes(host, names, resolve));
  const core = new Dht(host, options.bootstrap === undefined ? { routers: known, ...options } : options);
  if (options.bootstrap !== undefined) core.bootstrap(known);
  const at = { port: options.port ?? 0, ...(options.ip === undefined ? {} : { ip: options.ip }) };
  const port = await new Promise<Port>((resolve, reject) => {
    const opened = new Port(host, at, core, options.families ?? [4, 6], {
      ready: () => resolve(opened),
      failed: reject,
    });
  });
  port.flush();
  return new OpenDht(host, core, port);
}

export class OpenDht {
  readonly core: Dht;
  readonly #host: Host;
  readonly #port: Port;
  /** What still waits for the network, to be told when there is none any more. */
  readonly #waiting = new Set<(reason: unknown) => void>();

  /** Use openDht(). */
  constructor(host: Host, core: Dht, port: Port) {
    this.#host = host;
    this.core = core;
    this.#port = port;
  }

  get local(): Address {
    return this.#port.local;
  }

  /** The peers of a torrent, as they are found. Ends when all nearest nodes have been asked. */
  peers(infoHash: Id20, options: Cancellable & { readonly noSeed?: boolean } = {}): AsyncIterableIterator<Address> {
    const { signal, noSeed = false } = options;
    if (signal?.aborted === true) {
      const over = new AsyncQueue<Address>();
      over.end(signal.reason);
      return over;
    }
    const queue = new AsyncQueue<Address>({ onReturn: () => stop() });
    const running = this.#port.lookups(
      (family) => this.core.lookup(infoHash, { family, noSeed }),
      (event) => event.type === 'peers' && event.peers.forEach((peer) => void queue.push(peer)),
      () => stop(),
    );
    const stop = (reason?: unknown) => {
      this.#waiting.delete(stop);
      heedless();
      running.cancel();
      queue.end(reason);
    };
    this.#waiting.add(stop);
    const heedless = onAbort(signal, stop);
    return queue;
  }

  /** The nodes nearest to a target, of each network nearest first. */
  async find(target: Id20, options: Cancellable = {}): Promise<readonly Contact[]> {
    const lookups: Lookup[] = [];
    const start = (family: AddressFamily) => {
      lookups.push(this.core.findNodes(target, family));
      return lookups.at(-1)!;
    };
    await this.#all(start, options);
    return lookups.flatMap((lookup) => lookup.closest()).map(({ id, address }) => ({ id, address }));
  }

  /** About how many peers a torrent has (BEP 33); undefined if no node knows any. */
  async scrape(infoHash: Id20, options: Cancellable = {}): Promise<LookupDone['swarm']> {
    const done = await this.#all((family) => this.core.lookup(infoHash, { family, scrape: true }), options);
    const counts = done.flatMap(({ swarm }) => swarm ?? []);
    if (counts.length === 0) return undefined;
    return counts.reduce((a, b) => ({ seeds: a.seeds + b.seeds, peers: a.peers + b.peers }));
  }

  /** Tells the nearest nodes that we are a peer of a torrent. To be repeated every half hour. */
  async announce(infoHash: Id20, port: number, options: AnnounceOptions & Cancellable = {}): Promise<Stored> {
    const { signal, ...rest } = options;
    return storedOf(await this.#all((family) => this.core.announce(infoHash, port, { ...rest, family }), { signal }));
  }

  /** Stores a value: under its hash, or with a `secretKey` under the key. To be repeated every hour. */
  async put(value: BencodeInput, options: PutOptions = {}): Promise<Stored> {
    const { secretKey, salt, signal } = options;
    const bytes = encode(value);
    if (secretKey === undefined) return this.putItem({ type: 'immutable', value: bytes }, options);
    const publicKey = publicKeyOf(secretKey);
    const old = options.seq === undefined ? await this.get({ publicKey, salt }, { signal }) : undefined;
    const cas = old?.type === 'mutable' ? old.seq : undefined;
    const part = { value: bytes, seq: options.seq ?? (cas ?? 0n) + 1n, salt };
    return this.putItem({ type: 'mutable', ...part, publicKey, signature: sign(part, secretKey) }, { signal, cas });
  }

  /** Stores an item as it is: one's own, or another's that is to stay alive. */
  async putItem(item: Item, options: Cancellable & { readonly cas?: bigint | undefined } = {}): Promise<Stored> {
    return storedOf(await this.#all((family) => this.core.put(item, { family, cas: options.cas }), options));
  }

  /** The newest item under a hash, or a key. Its value is bencoded. */
  async get(where: Id20 | TorrentPublisher, options: Cancellable = {}): Promise<Item | undefined> {
    const [target, salt] =
      where instanceof Id20 ? [where] : [Id20.from(mutableTarget(where.publicKey, where.salt)), where.salt];
    const done = await this.#all((family) => this.core.get(target, { family, salt }), options);
    const seqOf = (item: Item) => (item as Partial<MutableItem>).seq ?? 0n;
    return done
      .flatMap(({ item }) => item ?? [])
      .reduce<Item | undefined>((a, b) => (a && seqOf(a) >= seqOf(b) ? a : b), undefined);
  }

  /** Says under a key which torrent is the current one (BEP 46). */
  async publish(infoHash: Id20, options: PutOptions & { readonly secretKey: Uint8Array }): Promise<Stored> {
    return this.put({ ih: infoHash.bytes }, options);
  }

  /** The info-hash that a `magnet:?xs=urn:btpk:` link stands for now (BEP 46). */
  async resolve(magnet: string, options: Cancellable = {}): Promise<Id20 | undefined> {
    const item = await this.get(parseMutableMagnet(magnet), options);
    return item && decodeMutableTorrent(item.value);
  }

  /** Whether a node is there. Rejects if it does not answer. */
  async ping(node: Address): Promise<{ readonly id: Id20; readonly roundTripMs: number }> {
    return this.#ask(node, 'ping', {}, ({ id, roundTripMs }) => ({ id, roundTripMs }));
  }

  /**
   * Info-hashes that a node keeps peers for (BEP 51). One question, or as many as `rounds` says while the node has more than it
   * has shown; between them the node's interval passes.
   */
  async *sample(node: Address, options: Cancellable & { readonly rounds?: number } = {}): AsyncIterableIterator<Id20> {
    const seen = new Set<string>();
    for (let round = 1; ; round++) {
      const target = randomId(this.#host).bytes;
      const read = ({ body }: Extract<Answer, { type: 'answer' }>) => ({
        ...body,
        samples: body.samples && new Uint8Array(body.samples),
      });
      const { samples, num = 0, interval = 0 } = await this.#ask(node, 'sample_infohashes', { target }, read);
      for (let at = 0; samples !== undefined && at + 20 <= samples.length; at += 20) {
        const infoHash = Id20.from(samples.subarray(at, at + 20));
        if (!seen.has(infoHash.hex)) yield infoHash;
        seen.add(infoHash.hex);
      }
      if (round >= (options.rounds ?? 1) || seen.size >= num) return;
      await pass(this.#host, Math.max(interval, limits.sampleSeconds) * 1_000, options.signal);
    }
  }

  /** What to give to the next run as `saved`. */
  snapshot(): Uint8Array {
    return this.core.snapshot();
  }

  /** Frees the port. What still waits for the network is rejected. */
  async close(): Promise<void> {
    this.#port.close();
    const reason = new Error('the node is closed');
    for (const reject of [...this.#waiting]) reject(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #all(start: (family: AddressFamily) => Lookup, { signal }: Cancellable): Promise<readonly LookupDone[]> {
    return this.#wait(signal, (resolve) => {
      const running = this.#port.lookups(start, () => {}, resolve);
      return () => running.cancel();
    });
  }

  #ask<Value>(
    to: Address,
    method: string,
    body: BodyFields,
    read: (answer: Extract<Answer, { type: 'answer' }>) => Value,
  ): Promise<Value> {
    return this.#wait(undefined, (resolve, reject) => {
      this.#port.question(to, method, body, (answer) => {
        if (answer.type === 'answer') resolve(read(answer));
        else reject(answer.reason === 'timeout' ? timeout() : answer.reason);
      });
      return () => {};
    });
  }

  /** A promise that the signal and close() reject too; `begin` returns what undoes what it began. */
  #wait<Value>(
    signal: AbortSignal | undefined,
    begin: (resolve: (value: Value) => void, reject: (reason: unknown) => void) => () => void,
  ): Promise<Value> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise<Value>((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(fail);
        heedless();
      };
      const fail = (reason: unknown) => {
        end();
        undo();
        reject(reason);
      };
      const undo = begin((value) => {
        end();
        resolve(value);
      }, fail);
      this.#waiting.add(fail);
      const heedless = onAbort(signal, fail);
    });
  }
}

function timeout(): ProtocolError {
  return new ProtocolError('dht/timeout', 'BEP 5, KRPC protocol', 'no answer came');
}

function pass(host: Host, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = host.at(host.now() + milliseconds, () => {
      heedless();
      resolve();
    });
    const heedless = onAbort(signal, (reason) => {
      timer.close();
      reject(reason);
    });
  });
}
