/** A client started for a case, on a torrent whose trackers the case plays, and peers of the case that wait for its call. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { freePort } from '../../target/program.ts';
import type { Endpoint, Running } from '../../target/target.ts';
import { Raw, type Writable, writeBencode } from '../bencode.ts';
import { refusal } from '../refusal.ts';
import { type Fixture, makeFixture } from '../wire/fixture.ts';
import { PeerLink } from '../wire/link.ts';
import { protocol } from '../wire/messages.ts';
import { upload } from '../wire/uploader.ts';
import { Notebook } from './notebook.ts';

export interface Wanted {
  readonly role?: 'leecher' | 'seeder';
  readonly fixture?: Fixture;
  readonly announce?: string;
  readonly tiers?: Writable;
  /** Instead of a torrent. */
  readonly magnet?: string;
  /** A node of the case's that it may enter the DHT by. */
  readonly bootstrap?: Endpoint;
  /** What a leecher has on disk already. */
  readonly data?: Uint8Array;
  /** Where it is told to listen: a port that nobody has, if not given. */
  readonly port?: number;
}

const sessions = new WeakMap<object, Session[]>();

export class Session {
  readonly fixture: Fixture;
  readonly running: Running;
  /** Where its data is. */
  readonly folder: string;
  /** How it has ended, where nobody stopped it. */
  end: string | undefined;
  #stops = false;

  private constructor(context: Context, fixture: Fixture, running: Running, folder: string) {
    this.fixture = fixture;
    this.running = running;
    this.folder = folder;
    sessions.set(context.timeline, [...Session.of(context), this]);
    void running.ended.then((how) => {
      this.end = this.#stops ? undefined : how;
    });
  }

  /** Those of a case, for the control: a case is known by its timeline. */
  static of(context: Context): readonly Session[] {
    return sessions.get(context.timeline) ?? [];
  }

  /** The same with a magnet link that may be refused: undefined where it is. */
  static async tryStart(context: Context, wanted: Wanted): Promise<Session | undefined> {
    try {
      return await Session.start(context, wanted);
    } catch (error) {
      return refusal(context, 'link', error);
    }
  }

  static async start(context: Context, wanted: Wanted): Promise<Session> {
    const { role = 'leecher', fixture = makeFixture(context.random, { pieces: 2 }), announce, tiers, magnet } = wanted;
    const data = role === 'seeder' ? fixture.data : wanted.data;
    const root = mkdtempSync(join(tmpdir(), 'conformance-'));
    context.after(() => rmSync(root, { recursive: true, force: true }));
    const folder = join(root, 'data');
    mkdirSync(folder);
    if (data !== undefined) writeFileSync(join(folder, fixture.name), data);
    const torrent = join(root, 'case.torrent');
    const keys = {
      ...(announce !== undefined && { announce }),
      ...(tiers !== undefined && { 'announce-list': tiers }),
    };
    writeFileSync(torrent, writeBencode({ ...keys, info: new Raw(fixture.info) }));
    const source = magnet === undefined ? { torrent } : { magnet };
    const { bootstrap } = wanted;
    const job = {
      role: magnet === undefined ? role : ('magnet' as const),
      folder,
      port: wanted.port ?? (await freePort()),
      ...source,
      ...(bootstrap !== undefined && { bootstrap: `${bootstrap.ip}:${bootstrap.port}` }),
    };
    const running = await context.target.launch!(job);
    const session = new Session(context, fixture, running, folder);
    context.after(() => session.stop());
    return session;
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    if (this.#stops) return;
    this.#stops = true;
    await this.running.stop();
  }
}

/** A peer that everybody may call. */
export interface Callee {
  readonly at: Endpoint;
  readonly calls: Notebook<PeerLink>;
}

/** Wherever the name localhost may lead to: to 127.0.0.1, or to ::1 first. */
export async function awaitCallsByName(context: Context): Promise<Callee> {
  const callee = await awaitCalls(context, '127.0.0.1');
  // A machine without IPv6 means the other one.
  await PeerLink.listen(context, '::1', (link) => callee.calls.add(link), callee.at.port).catch(() => undefined);
  return { ...callee, at: { ip: 'localhost', port: callee.at.port } };
}

/** Where `fixture` says what for: shakes hands with whoever calls, and gives everything unless told not to. */
export async function awaitCalls(context: Context, ip: string, fixture?: Fixture, gives = true): Promise<Callee> {
  const calls = new Notebook<PeerLink>(context, `a call at ${ip}`);
  const at = await PeerLink.listen(context, ip, (link) => {
    if (fixture === undefined) calls.add(link);
    else void greet(link, fixture);
  });
  /** Some try encryption first, and come again in plain words when that is hung up on. */
  const greet = async (link: PeerLink, given: Fixture): Promise<void> => {
    await link.settles(() => link.theirs !== undefined || link.rest.length > 0);
    if ((link.theirs?.protocol ?? link.rest)[0] !== protocol[0]) return link.close();
    calls.add(link);
    link.greet({ infoHash: given.infoHash, peerId: Buffer.from(`-FC0001-${context.random.uint32()}`.padEnd(20, '0')) });
    if (gives) upload(link, given);
  };
  return { at, calls };
}
