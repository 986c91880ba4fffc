/** The reference peer: one torrent, any number of links, a clock that is moved by hand. Every reaction is at once. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isSameRange } from '../../probe/wire/hashes.ts';
import { hasBit } from '../../probe/wire/messages.ts';
import type { Endpoint, Job, Running } from '../../target/target.ts';
import { type Announcing, askTracker } from './announcing.ts';
import type { Bug } from './bugs.ts';
import { DhtClient, nodesIn } from './dht.ts';
import { infoHashesOf } from './info-hashes.ts';
import { Link } from './link.ts';
import { isOddSelection, type MagnetLink, readMagnet, selectedFiles } from './magnet-link.ts';
import { infoIn, layersIn, Store } from './store.ts';
import { UtpHub } from './utp.ts';
import type { UtpStream } from './utp-stream.ts';
import { WebSeed, webSeedsIn } from './web-seed.ts';

const constantId = Buffer.from('-RF0001-000000000000');

/** More peers than that take turns. */
const slots = 8;
const rotationMs = 10_000;

export class PeerNode {
  readonly links: Set<Link> = new Set();
  /** Those with the other torrents that it was started with: who calls here may want one of them. */
  readonly beside: PeerNode[] = [];
  readonly peerId: Uint8Array;
  /** Two for a torrent of both versions, and none where a magnet link is about nothing. */
  readonly infoHashes: readonly Uint8Array[];
  /** Any free one: the one that it was told to use may be taken by now. */
  port = 0;
  /** Blocks of pieces that are not complete yet, by piece. */
  readonly received: Map<number, Set<number>> = new Map();
  /** Who sent blocks of a piece. */
  readonly senders: Map<number, Set<Link>> = new Map();
  store: Store | undefined;
  nowMs = 0;
  /** Nobody is asked for metadata any more. */
  gaveUp = false;
  /** The metadata came from peers. */
  fetched = false;
  /** Where it was started with a node to enter the DHT by. */
  dht: DhtClient | undefined;
  /** What the tracker told of, connected or not. */
  fromTracker: readonly Endpoint[] = [];
  /** Where peers listened that have gone. */
  readonly departed: Endpoint[] = [];
  /** Links that were ever unchoked. */
  unchoked = 0;
  readonly #bugs: ReadonlySet<string>;
  readonly #folder: string;
  readonly #webSeeds: WebSeed[] = [];
  readonly #magnet: MagnetLink | undefined;
  readonly #trackers: readonly string[];
  #utp: UtpHub | undefined;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  #end: (how: string) => void = () => {};
  readonly #ended: Promise<string> = new Promise((resolve) => {
    this.#end = resolve;
  });

  private constructor(bugs: ReadonlySet<string>, job: Job) {
    this.#bugs = bugs;
    this.#folder = job.folder;
    this.peerId = this.#makePeerId();
    mkdirSync(job.folder, { recursive: true });
    if (job.torrent !== undefined) {
      const torrent = readFileSync(job.torrent);
      this.store = new Store(infoIn(torrent), job.folder, bugs, layersIn(torrent));
    }
    if (job.magnet !== undefined) this.#magnet = readMagnet(job.magnet, (bug) => this.has(bug));
    this.infoHashes = this.store === undefined ? (this.#magnet?.infoHashes ?? []) : infoHashesOf(this.store.info);
    this.#trackers = job.tracker === undefined || job.tracker === '' ? (this.#magnet?.trackers ?? []) : [job.tracker];
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#add(socket));
  }

  static async launch(
    bugs: ReadonlySet<string>,
    job: Job,
    withUtp: boolean,
  ): Promise<{ node: PeerNode; running: Running }> {
    const node = new PeerNode(bugs, job);
    if (node.store?.trees !== undefined && bugs.has('no-version-2')) throw new Error('a torrent of version 2');
    await new Promise<void>((resolve, reject) => {
      node.#server.once('error', reject);
      node.#server.listen(0, '127.0.0.1', resolve);
    });
    node.port = (node.#server.address() as { port: number }).port;
    if (withUtp) node.#utp = await UtpHub.open(node);
    await node.#openDht(job);
    if (node.#magnet?.kills === true) await node.stop('SIGSEGV');
    else await node.#announce('started');
    for (const peer of node.#magnet?.peers ?? []) node.dial(peer);
    if (node.store?.disk.isOdd === true && node.has('dies-of-nul')) await node.stop('SIGSEGV');
    await node.#openWebSeeds(job);
    const running = { at: { ip: '127.0.0.1', port: node.port }, ended: node.#ended, stop: () => node.stop('stopped') };
    return { node, running };
  }

  /** What a web server gave; false where it is wrong. */
  fetchedPiece(piece: number, data: Uint8Array): boolean {
    const store = this.store!;
    if (store.have.has(piece)) return true;
    store.write(piece, 0, data);
    if (!store.isRight(piece) && !this.has('believes-web-seeds')) return false;
    this.#complete(piece);
    return true;
  }

  /** The one by which the DHT is asked, and peers that it does not know by another. */
  get infoHash(): Uint8Array {
    return this.infoHashes[0] ?? new Uint8Array();
  }

  /** Of a torrent of both versions, the one of version 2. */
  get infoHash2(): Uint8Array | undefined {
    return this.infoHashes[1];
  }

  has(bug: Bug): boolean {
    return this.#bugs.has(bug);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const each of this.#webSeeds) void each.run();
    if (ms >= rotationMs && this.links.size > slots) [...this.links][0]!.upload.choke();
    for (const link of this.links) {
      link.download.fill();
      link.extensions.pex.tick();
    }
  }

  /** How a bug that would end a program is played. */
  die(): void {
    void this.stop('a bug');
  }

  async stop(how: string): Promise<void> {
    this.#end(how);
    this.dht?.close();
    this.#utp?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The metadata has come: from now on it is a torrent like any other. */
  learn(info: Uint8Array): void {
    this.store = new Store(info, this.#folder, this.#bugs);
    this.fetched = true;
    if (this.#magnet !== undefined) this.#select(this.#magnet, this.store);
    for (const link of [...this.links]) link.learned();
    for (const each of this.#webSeeds) void each.run();
  }

  /** BEP 53. */
  #select(link: MagnetLink, store: Store): void {
    const has = (bug: Bug) => this.has(bug);
    if (isOddSelection(link, store.disk.fileCount, has)) return void this.stop('SIGSEGV');
    const files = selectedFiles(link, store.disk.fileCount, has);
    if (files !== undefined) store.select(files);
  }

  /** A block is here; perhaps its piece is complete now. */
  stored(link: Link, piece: number, begin: number, data: Uint8Array, blindly: boolean): void {
    const store = this.store!;
    if (store.have.has(piece)) return;
    store.write(piece, begin, data);
    const blocks = this.received.get(piece) ?? new Set();
    const senders = this.senders.get(piece) ?? new Set();
    this.received.set(piece, blocks.add(begin));
    this.senders.set(piece, senders.add(link));
    for (const each of this.links) each.download.arrived(link, piece, begin);
    const whole = store.blocksOf(piece).every((block) => blocks.has(block.begin));
    if (!whole && !blindly) return;
    if (this.has('have-before-hash')) for (const each of this.links) each.have(piece);
    this.received.delete(piece);
    this.senders.delete(piece);
    if (!store.isRight(piece) && this.has('fetches-files-again')) {
      store.have.clear();
      for (const each of this.links) each.download.forget();
    }
    if (store.isRight(piece) || blindly || this.has('keeps-bad-data')) this.#complete(piece);
    else if (senders.size === 1 && !this.has('trusts-first-peer')) link.close();
  }

  #complete(piece: number): void {
    this.store!.have.add(piece);
    this.store!.save();
    const isDone = this.store!.isComplete || (this.store!.hasSelection && this.has('selection-completes'));
    if (isDone) void this.#announce('completed').catch(() => {});
    for (const each of this.links) {
      if (!this.has('no-have') && !this.has('have-before-hash')) each.have(piece);
      each.download.reconsider();
    }
  }

  /** Asks peers for the hashes that are missing, each for something else. */
  seekHashes(): void {
    if (this.has('no-hash-requests')) return;
    const links = [...this.links].filter(({ download, hashes }) => download.pieces.size > 0 && !hashes.isUseless);
    for (const range of this.store?.trees?.missing() ?? []) {
      if (links.some(({ hashes }) => hashes.asked !== undefined && isSameRange(hashes.asked, range))) continue;
      links.find(({ hashes }) => hashes.asked === undefined)?.hashes.ask(range);
    }
  }

  /** The peer says where its DHT node is (BEP 5, torrent peers). */
  heardPort(link: Link, payload: Uint8Array): void {
    if (link.theirs !== undefined && !hasBit(link.theirs.reserved, 'dht') && this.has('dies-of-port'))
      return this.die();
    const port = payload.length === 2 ? (payload[0]! << 8) | payload[1]! : 0;
    if (port === 0) return this.has('dies-of-port-zero-message') ? this.die() : undefined;
    if (!this.has('ignores-port')) this.dht?.meet({ ip: link.remote!.ip, port });
  }

  async #openDht({ torrent, bootstrap }: Job): Promise<void> {
    const named = torrent === undefined ? [] : nodesIn(readFileSync(torrent));
    if (named.some(({ ip }) => !/^[\d.]+$/.test(ip)) && this.has('dies-of-node-names')) return this.stop('SIGSEGV');
    const [ip, port] = (bootstrap ?? '').split(':');
    const given = port === undefined ? [] : [{ ip: ip!, port: Number(port) }];
    const entries = [
      ...(this.has('ignores-nodes-key') ? [] : named.filter((each) => /^[\d.]+$/.test(each.ip))),
      ...given,
    ];
    if (named.length + given.length === 0) return;
    this.dht = await DhtClient.open(this, this.store === undefined && this.has('links-need-trackers') ? [] : entries);
  }

  async #openWebSeeds({ torrent }: Job): Promise<void> {
    const has = (bug: Bug) => this.has(bug);
    const inMagnet = has('no-web-seeds') ? [] : (this.#magnet?.webSeeds ?? []);
    const urls = torrent === undefined ? inMagnet : webSeedsIn(readFileSync(torrent), has);
    if (urls === undefined) return this.stop('SIGSEGV');
    this.#webSeeds.push(...urls.map((url) => new WebSeed(this, url)));
    for (const each of this.#webSeeds) void each.run();
  }

  #makePeerId(): Uint8Array {
    if (this.has('constant-peer-id')) return constantId;
    return this.has('odd-peer-id')
      ? Buffer.alloc(20, 0x81)
      : Buffer.concat([constantId.subarray(0, 8), randomBytes(12)]);
  }

  /** In all swarms that its torrent has, to all trackers. */
  async #announce(event: Announcing['event']): Promise<void> {
    const { peerId, port, store } = this;
    for (const url of this.#trackers) {
      for (const infoHash of this.has('first-hash-only') ? [this.infoHash] : this.infoHashes) {
        const peers = await askTracker(url, { infoHash, peerId, port, left: store?.left ?? 1, event });
        if (event !== 'started') continue;
        this.fromTracker = [...this.fromTracker, ...peers];
        for (const peer of peers) this.dial(peer, infoHash);
      }
    }
  }

  dial(to: Endpoint, infoHash: Uint8Array = this.infoHash): void {
    if (this.#utp !== undefined) this.take(this.#utp.connect(to), to);
    this.#add(connect({ host: to.ip, port: to.port, allowHalfOpen: true, autoSelectFamily: true }), to, infoHash);
  }

  get speaksUtp(): boolean {
    return this.#utp !== undefined;
  }

  /** A uTP connection is a stream like any other. */
  take(stream: UtpStream, to: Endpoint | undefined): void {
    this.#add(stream as unknown as Socket, to);
  }

  #add(socket: Socket, to?: Endpoint, infoHash?: Uint8Array): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    new Link(this, socket, to, infoHash);
  }
}
