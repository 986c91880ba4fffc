/** What the bodies of the peer-wire families are given: torrents, the target started on them, and the other peers. */
import { ourAddress } from '../../addresses.ts';
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { Client, type LaunchOptions } from '../../probe/wire/client.ts';
import { type Fixture, type FixtureOptions, makeFixture } from '../../probe/wire/fixture.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { blockLength, ids, indexOf, type Message, piecesIn, protocol } from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';

export interface WireTools extends Pick<Context, 'patience'> {
  torrent(options?: FixtureOptions): Fixture;
  seeding(fixture?: Fixture, options?: Partial<LaunchOptions>): Promise<Client>;
  leeching(fixture?: Fixture, options?: Partial<LaunchOptions>): Promise<Client>;
  /** Waits at an address of its own for the target to call. */
  awaiting(number?: number): Promise<Call>;
}

export interface Call {
  readonly at: Endpoint;
  /** The first link that comes and does not begin with encryption. */
  link(): Promise<PeerLink>;
}

/** Clients are started, and do many things only every ten seconds. */
export const defineCase: (declaration: Declaration<Context & WireTools>) => Case = (declaration) =>
  make({ budget: 'normal', ...declaration });

const make: (declaration: Declaration<Context & WireTools>) => Case = caseMaker('launch', (given) => {
  const context = impatient(given);
  return {
    patience: context.patience,
    torrent: (options) => makeFixture(context.random, options),
    seeding: (fixture = makeFixture(context.random), options = {}) =>
      Client.launch(context, { role: 'seeder', fixture, ...options }),
    leeching: (fixture = makeFixture(context.random), options = {}) =>
      Client.launch(context, { role: 'leecher', fixture, ...options }),
    awaiting: (number = 200) => awaitCall(context, ourAddress(number)),
  };
});

async function awaitCall(context: Context, ip: string): Promise<Call> {
  const { promise, resolve } = Promise.withResolvers<PeerLink>();
  const at = await PeerLink.listen(context, ip, (link) => void heard(link));
  /** Some try encryption first, and come again in plain words when that is hung up on. */
  const heard = async (link: PeerLink): Promise<void> => {
    const first = await link.settles(() => link.theirs !== undefined || link.rest.length > 0);
    const plain = (link.theirs?.protocol ?? link.rest)[0] === protocol[0];
    if (first && !plain) link.close();
    else resolve(link);
  };
  // Some clients wait for their second look at the tracker's list.
  const ms = context.target.advance === undefined ? initiativeMs(context.patience) : context.patience.replyMs;
  const link = () =>
    Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        const late = new Finding('a call', `that it calls ${ip}:${at.port}`, `nothing in ${ms} ms`);
        // A call that came while we were not let run is taken first.
        const timer = setTimeout(() => setImmediate(() => reject(late)), ms);
        void promise.then(() => clearTimeout(timer));
        context.after(() => clearTimeout(timer));
      }),
    ]);
  return { at, link };
}

/** Our own reference does everything at once, so its bugs are found sooner. */
function impatient(context: Context): Context {
  if (context.target.advance === undefined) return context;
  return { ...context, patience: { ...context.patience, replyMs: 4_000 } };
}

/** Patience for the next unchoke: programs look at their peers every ten seconds. */
export const chokerMs = 35_000;

/** Interested, and waits until it may ask. */
export async function unchoked(client: Client, link: PeerLink): Promise<void> {
  link.send(ids.interested);
  await link.next(ids.unchoke, undefined, client.within(chokerMs));
}

/** A link to a seeder that may ask, and has heard all that comes first. */
export async function asking(client: Client, reserved?: Uint8Array): Promise<PeerLink> {
  const link = await client.dial(reserved === undefined ? {} : { reserved });
  await unchoked(client, link);
  return link;
}

export const firstBlock: { readonly index: 0; readonly begin: 0; readonly length: number } = {
  index: 0,
  begin: 0,
  length: blockLength,
};

/** Waits until it has said in any way that it has a piece. */
export async function told(link: PeerLink, piece: number): Promise<void> {
  const says = (each: Message) =>
    (each.id === ids.have && indexOf(each) === piece) ||
    (each.id === ids.bitfield && piecesIn(each.payload).includes(piece)) ||
    each.id === ids.haveAll;
  await link.until(`word of piece ${piece}`, () => link.all.some(says));
}
