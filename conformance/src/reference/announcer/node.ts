/** The reference client as trackers see it: announces as it starts, completes and stops, and fetches its torrent from whom it is told of. */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Block } from '../../probe/wire/messages.ts';
import type { Job, Running } from '../../target/target.ts';
import { announceHttp, type Peer, type Result, type State } from './http.ts';
import { fetchFrom, greetBack } from './link.ts';
import { Fatal, type Has, type Source, sourceOf } from './source.ts';
import { announceUdp } from './udp.ts';

const constantId = Buffer.from('-RF0002-000000000000');
/** Enough to be seen, little enough to end. */
const hammering = 8;

export class AnnouncerNode {
  readonly #has: Has;
  readonly #job: Job;
  readonly #source: Source | undefined;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #peerId: Uint8Array;
  readonly #key: number;
  /** Addresses that a tracker told of. */
  readonly #named: Set<string> = new Set();
  #trackerId: string | undefined;
  #port: number;
  #downloaded = 0;
  #uploaded = 0;
  #left: number;
  #nowMs = 0;
  /** When it announces again without an event. */
  #nextMs = Number.POSITIVE_INFINITY;
  #last = '';
  #stopped = false;
  #work: Promise<void> = Promise.resolve();
  #end: (how: string) => void = () => {};
  readonly ended: Promise<string> = new Promise((resolve) => {
    this.#end = resolve;
  });

  constructor(has: Has, job: Job) {
    this.#has = has;
    this.#job = job;
    this.#port = job.port;
    this.#key = has('constant-key') ? 7 : randomInt(2 ** 31);
    mkdirSync(job.folder, { recursive: true });
    try {
      this.#source = sourceOf(job, has);
    } catch (error) {
      if (!(error instanceof Fatal)) throw error;
      this.#end(error.message);
    }
    this.#left = this.#source === undefined ? 0 : this.#missing(this.#source);
    this.#peerId = has('constant-peer-id') ? constantId : Buffer.concat([constantId.subarray(0, 8), randomBytes(12)]);
    this.#server = createServer((socket) => {
      this.#keep(socket);
      if (has('refuses-strangers') && !this.#named.has(socket.remoteAddress!)) socket.destroy();
      if (this.#source !== undefined) {
        greetBack(socket, this.#source.infoHash, this.#peerId, (block) => this.#give(block));
      }
    });
  }

  async start(): Promise<Running> {
    const { port } = this.#job;
    // Any other where somebody has it.
    await this.#listen(port).catch(() => this.#listen(0));
    if (!this.#has('announces-wanted-port')) this.#port = (this.#server.address() as { port: number }).port;
    this.#later(async () => {
      await this.#announce(this.#has('no-started') ? '' : 'started');
      if (this.#left === 0 && this.#has('seed-completes')) await this.#announce('completed');
    });
    await this.#work;
    return { at: { ip: '127.0.0.1', port }, ended: this.ended, stop: () => this.stop() };
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve());
    });
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    if (this.#nowMs < this.#nextMs || this.#stopped) return;
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.#later(() => this.#announce(this.#has('started-again') ? 'started' : ''));
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.#has('no-stopped')) this.#later(() => this.#announce('stopped'));
    await this.#work;
    this.#end('stopped');
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** One thing after the other. */
  #later(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (!(error instanceof Fatal)) throw error;
      this.#end(error.message);
    });
  }

  async #announce(event: string): Promise<void> {
    if (this.#source === undefined) return;
    for (let round = 0; round < hammering; round++) {
      const answer = await this.#askTiers(this.#source, event);
      if (answer !== undefined) this.#nextMs = this.#nowMs + 1_000 * (this.#has('every-second') ? 1 : answer.interval);
      if (answer !== undefined && event !== 'stopped') for (const peer of answer.peers) await this.#dial(peer);
      const again =
        answer === undefined ? this.#has('hammers') : answer.interval <= 0 && this.#has('interval-is-the-pause');
      if (!again || event !== 'started') return;
    }
  }

  /** From the first tier to the last, until somebody answers; who answered last is asked first. */
  async #askTiers({ tiers }: Source, event: string): Promise<Result | undefined> {
    const asked = this.#has('first-tier-only') ? tiers.slice(0, 1) : tiers;
    let found: Result | undefined;
    for (const tier of asked) {
      for (const url of this.#has('first-of-tier-only') ? tier.slice(0, 1) : inOrder(tier, this.#last)) {
        if (this.#has('dies-of-schemes') && !/^(http|udp):/.test(url)) return found;
        const answer = await this.#ask(url, event);
        found ??= answer;
        if (answer !== undefined) this.#last = url;
        if (found !== undefined && !this.#has('asks-everybody') && !this.#has('asks-the-whole-tier')) return found;
      }
      if (found !== undefined && !this.#has('asks-everybody')) return found;
    }
    return found;
  }

  async #ask(url: string, event: string): Promise<Result | undefined> {
    const has = this.#has;
    const left = has('seed-has-left') ? this.#source!.length : this.#left;
    const state: State = {
      infoHash: this.#source!.infoHash,
      peerId: has('another-peer-id') ? randomBytes(20) : this.#peerId,
      port: has('announces-another-port') ? 9 : this.#port,
      downloaded: this.#downloaded,
      uploaded: this.#uploaded,
      left,
      key: this.#key,
      event,
      trackerId: this.#trackerId,
    };
    try {
      if (url.startsWith('udp:')) return has('http-only') ? undefined : await announceUdp(url, state, has);
      return url.startsWith('http:') ? await announceHttp(url, state, has) : undefined;
    } catch (error) {
      if (error instanceof Fatal) throw error;
      return undefined;
    } finally {
      this.#trackerId = state.trackerId;
    }
  }

  /** Until it is called; what it says is heard later. */
  async #dial(peer: Peer): Promise<void> {
    this.#named.add(peer.ip);
    if (this.#left === 0 && this.#job.magnet === undefined) return;
    const source = this.#source!;
    const wantedId = this.#has('any-peer-id') ? undefined : peer.id;
    const socket = fetchFrom(peer, source, this.#peerId, wantedId, {
      done: (data) => this.#completed(data),
      isSelf: () => {
        const times = this.#has('calls-itself-again') && !this.#stopped && this.#sockets.size < hammering ? 2 : 0;
        for (let time = 0; time < times; time++) void this.#dial(peer);
      },
    });
    this.#keep(socket);
    await new Promise<void>((resolve) => {
      for (const event of ['connect', 'close']) socket.once(event, () => resolve());
    });
  }

  #give({ index, begin, length }: Block): Uint8Array | undefined {
    if (this.#left > 0) return undefined;
    const start = index * this.#source!.pieceLength + begin;
    this.#uploaded += length;
    return readFileSync(this.#path()).subarray(start, start + length);
  }

  #completed(data: Uint8Array): void {
    if (this.#left === 0) return;
    if (missingIn(data, this.#source!) > 0 && !this.#has('counts-bad-pieces')) return;
    writeFileSync(this.#path(), data);
    this.#left = 0;
    this.#downloaded = data.length;
    const times = this.#has('no-completed') ? 0 : this.#has('completed-twice') ? 2 : 1;
    for (let time = 0; time < times; time++) this.#later(() => this.#announce('completed'));
  }

  /** Bytes of the pieces that are not on disk. */
  #missing(source: Source): number {
    let data: Uint8Array;
    try {
      data = readFileSync(this.#path());
    } catch {
      return source.length;
    }
    return this.#has('left-from-downloaded') ? source.length - this.#downloaded : missingIn(data, source);
  }

  #path(): string {
    return join(this.#job.folder, this.#source!.name);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** Bytes of the pieces that are not right. */
function missingIn(data: Uint8Array, { length, pieceLength, pieces }: Source): number {
  let missing = 0;
  for (let at = 0; at * pieceLength < length; at++) {
    const piece = data.subarray(at * pieceLength, (at + 1) * pieceLength);
    const isRight = createHash('sha1')
      .update(piece)
      .digest()
      .equals(pieces.subarray(20 * at, 20 * at + 20));
    if (!isRight) missing += Math.min(pieceLength, length - at * pieceLength);
  }
  return missing;
}

function inOrder(tier: readonly string[], last: string): readonly string[] {
  return tier.toSorted((a, b) => Number(b === last) - Number(a === last));
}
