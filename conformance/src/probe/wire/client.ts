/** A client that was started for a case, on a torrent of the case, with a tracker of the case: peers dial it, or wait for its call. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { limits } from '../../limits.ts';
import { accepts } from '../../target/program.ts';
import type { Endpoint, Job, Running } from '../../target/target.ts';
import { Raw, type Writable, writeBencode } from '../bencode.ts';
import { refusal } from '../refusal.ts';
import { type Fixture, isPadding } from './fixture.ts';
import { type Greeting, PeerLink } from './link.ts';
import { type Handshake, ids, reservedWith } from './messages.ts';
import { openTracker } from './tracker.ts';

export interface LaunchOptions {
  readonly role: 'seeder' | 'leecher' | 'magnet';
  readonly fixture: Fixture;
  /** What is in the file of a seeder, if not the right thing, or of a leecher, if anything. */
  readonly data?: Uint8Array;
  /** Another torrent that a seeder has at the same time. */
  readonly also?: Fixture;
  /** What its tracker tells it; the info-hash is latin-1. */
  readonly peers?: (infoHash: string) => readonly Endpoint[];
  /** Told of each announce to that tracker. */
  readonly announces?: (infoHash: string) => void;
  /** Where all is that is on disk for it, its data in the folder `data`: a fresh folder if not given. */
  readonly root?: string;
  /** More keys of the torrent file, beside the info dictionary. */
  readonly keys?: Readonly<Record<string, Writable>>;
  /** A node of the case's that it may enter the DHT by. */
  readonly bootstrap?: Endpoint;
  /** What a magnet link ends with. */
  readonly magnetEnd?: string;
}

/** A program that refuses a torrent and runs on is not waited for as long as one that starts slowly. */
const refusalMs = 5_000;
/** Ports below those that the system hands out, so that nobody else gets them by chance, and far from those of a suite that was started beside this one. */
let lastPort = 10_000 + ((process.pid * 397) % 20_000);
/** The last clients of each case, for the control: a case is known by its timeline. */
const launched = new WeakMap<object, Client[]>();

export class Client {
  readonly fixture: Fixture;
  readonly running: Running;
  /** Fulfilled with how it has ended. */
  end: string | undefined;
  readonly context: Context;
  /** All that there is on disk for it. */
  readonly root: string;
  /** Who has no metadata may hang up on those that cannot give it. */
  readonly #reserved: Uint8Array;
  readonly #path: string;
  #links = 0;

  private constructor(context: Context, { fixture, role }: LaunchOptions, running: Running, root: string) {
    this.#reserved = role === 'magnet' ? reservedWith('extended') : new Uint8Array(8);
    this.context = context;
    this.fixture = fixture;
    this.running = running;
    this.root = root;
    this.#path = join(root, 'data', fixture.name);
    void running.ended.then((how) => {
      this.end = how;
      context.timeline.note('target', `it has ended: ${how}`);
    });
  }

  static of(context: Context): readonly Client[] {
    return launched.get(context.timeline) ?? [];
  }

  /** The same with a torrent that may be refused: undefined where it is. */
  static async tryLaunch(
    context: Context,
    options: LaunchOptions,
    startMs: number = refusalMs,
  ): Promise<Client | undefined> {
    try {
      return await Client.launch(context, options, startMs);
    } catch (error) {
      return refusal(context, 'torrent', error);
    }
  }

  static async launch(context: Context, options: LaunchOptions, startMs: number = limits.startMs): Promise<Client> {
    const { role, fixture, data = fixture.data } = options;
    const root = options.root ?? freshRoot(context);
    const folder = join(root, 'data');
    mkdirSync(folder, { recursive: true });
    const tracker = await openTracker(options.peers ?? (() => []), options.announces);
    context.after(() => tracker.close());
    const job = {
      role,
      folder,
      port: await unusedPort(),
      tracker: tracker.url,
      ...(options.bootstrap !== undefined && { bootstrap: `${options.bootstrap.ip}:${options.bootstrap.port}` }),
      ...sourceOf(root, options, tracker.url),
    };
    if (role === 'seeder' || options.data !== undefined) writeFiles(folder, fixture, data);
    if (options.also !== undefined) writeFiles(folder, options.also, options.also.data);
    const running = await context.target.launch!(job);
    context.after(() => running.stop());
    const client = new Client(context, options, running, root);
    if (context.target.advance === undefined) await client.#ready(options, startMs);
    launched.set(context.timeline, [...(launched.get(context.timeline) ?? []), client]);
    return client;
  }

  /** Another address of this machine for each link, because many clients take one link an address. */
  nextAddress(): string {
    this.#links++;
    return ourAddress(9 + this.#links);
  }

  /** Connects only. */
  open(): Promise<PeerLink> {
    return PeerLink.dial(this.context, this.running.at, this.nextAddress());
  }

  /** Connects and shakes hands. */
  async dial(greeting: Partial<Greeting> = {}): Promise<PeerLink> {
    const link = await this.open();
    link.greet(this.greeting(greeting));
    await link.handshake();
    return link;
  }

  greeting(changed: Partial<Handshake> = {}): Greeting {
    const peerId = Buffer.concat([Buffer.from('-FC0001-'), this.context.random.bytes(12)]);
    return { infoHash: this.fixture.infoHash, peerId, reserved: this.#reserved, ...changed };
  }

  /** Is it still there, and does it take peers? */
  async answers(): Promise<void> {
    if (this.end !== undefined) throw new Finding('the program', 'that it runs', `it has ended: ${this.end}`);
    const link = await this.dial();
    link.close();
  }

  get file(): Uint8Array | undefined {
    return this.fileAt();
  }

  /** A file of a torrent of several. */
  fileAt(...path: readonly string[]): Uint8Array | undefined {
    const { isRootless, files } = this.fixture;
    const folders = isRootless === true && files !== undefined ? [this.#path, dirname(this.#path)] : [this.#path];
    const at = folders.map((folder) => join(folder, ...path)).find((each) => existsSync(each));
    try {
      return at === undefined ? undefined : readFileSync(at);
    } catch {
      return undefined;
    }
  }

  /** Writes into the file of a torrent of a single file. It stays as long as it is: who has it in its memory is not to stumble over that. */
  overwrite(data: Uint8Array): void {
    const file = openSync(this.#path, 'r+');
    writeSync(file, data, 0, data.length, 0);
    closeSync(file);
  }

  /** Waits until what is on disk is what the torrent describes; padding need not be there. Transmission 3 takes ten seconds for a few pieces. */
  async completes(ms = 25_000): Promise<void> {
    const is = (found: Uint8Array | undefined, data: Uint8Array) =>
      found !== undefined && Buffer.compare(found, data) === 0;
    const files = this.fixture.files?.filter((each) => !isPadding(each) && each.keys?.['attr'] !== 'l');
    const right = () =>
      files === undefined
        ? is(this.file, this.fixture.data)
        : files.every(({ path, data }) => is(this.fileAt(...path), data));
    const patienceMs = this.context.target.advance === undefined ? ms : 2 * this.context.patience.replyMs;
    const until = performance.now() + patienceMs;
    while (!right()) {
      if (performance.now() > until || this.end !== undefined || this.context.signal.aborted) {
        throw new Finding('what is on disk', 'that it is what the torrent describes', `not after ${patienceMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
    }
    this.context.timeline.note('target', 'what is on disk is right');
  }

  /** Patience for what clients do at their own pace, such as unchoking; our reference does everything at once. */
  within(ms: number): number {
    return this.context.target.advance === undefined ? ms : this.context.patience.replyMs;
  }

  async #ready({ role, fixture, also }: LaunchOptions, startMs: number): Promise<void> {
    if (!(await this.#takesPeers(fixture, role === 'seeder', startMs)))
      throw new Error(`it does not take peers for the torrent after ${startMs} ms: ${this.end ?? 'it runs'}`);
    if (also !== undefined && !(await this.#takesPeers(also, true, startMs)))
      throw new Finding('the second torrent', 'that it is seeded', `not after ${startMs} ms`);
  }

  /** A program takes connections before it has looked at its files. */
  async #takesPeers({ infoHash }: Fixture, seeds: boolean, startMs: number): Promise<boolean> {
    const until = performance.now() + startMs;
    for (let from = 2; performance.now() < until && this.end === undefined; from = from === 8 ? 2 : from + 1) {
      const link = await PeerLink.dial(this.context, this.running.at, ourAddress(from));
      link.greet(this.greeting({ infoHash }));
      const fits = () =>
        !seeds || link.heard.some(({ id, payload }) => id === ids.bitfield && payload.some((byte) => byte > 0));
      const ready = await link.settles(() => link.theirs !== undefined && fits(), 2_000);
      link.close();
      if (ready) return true;
      await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
    }
    return false;
  }
}

export function remove(root: string): void {
  rmSync(root, { recursive: true, force: true });
}

/** Removed when the case is over. */
export function freshRoot(context: Context): string {
  const root = mkdtempSync(join(tmpdir(), 'conformance-'));
  context.after(() => remove(root));
  return root;
}

/** In both places, where there are two. */
function writeFiles(folder: string, { name, files, isRootless }: Fixture, data: Uint8Array): void {
  if (files === undefined) return writeFileSync(join(folder, name), data);
  let at = 0;
  for (const file of files) {
    for (const root of isRootless === true ? [name, ''] : [name]) {
      const path = join(folder, root, ...file.path);
      mkdirSync(dirname(path), { recursive: true });
      if (!isPadding(file)) writeFileSync(path, data.subarray(at, at + file.length));
    }
    at += file.length;
  }
}

function sourceOf(
  root: string,
  { role, fixture, also, keys, magnetEnd = '' }: LaunchOptions,
  announce: string,
): Pick<Job, 'torrent' | 'also' | 'magnet'> {
  const { info, infoHash, name, topic = `urn:btih:${Buffer.from(infoHash).toString('hex')}` } = fixture;
  if (role === 'magnet')
    return { magnet: `magnet:?xt=${topic}&dn=${name}&tr=${encodeURIComponent(announce)}${magnetEnd}` };
  const torrent = join(root, 'case.torrent');
  writeFileSync(torrent, writeBencode({ announce, ...fixture.keys, ...keys, info: new Raw(info) }));
  if (also === undefined) return { torrent };
  const second = join(root, 'also.torrent');
  writeFileSync(second, writeBencode({ announce, info: new Raw(also.info) }));
  return { torrent, also: second };
}

async function unusedPort(): Promise<number> {
  for (;;) {
    lastPort = lastPort >= 30_000 ? 10_000 : lastPort + 1;
    const port = lastPort;
    if (!(await accepts(port))) return port;
  }
}
