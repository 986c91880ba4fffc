/** What the bodies about magnet links are given: trackers and peers of the case, and clients started on a link. */
import { ourAddress } from '../../addresses.ts';
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import { HttpSpy, listing } from '../../probe/announce/http-spy.ts';
import { Session, type Wanted } from '../../probe/announce/session.ts';
import { fromLatin1 } from '../../probe/bencode.ts';
import { isCrash } from '../../probe/refusal.ts';
import { type Fixture, type FixtureOptions, makeFixture } from '../../probe/wire/fixture.ts';
import { Seed, type SeedOptions } from '../../probe/wire/seed.ts';

export interface MagnetTools {
  http(): Promise<HttpSpy>;
  torrent(options?: FixtureOptions): Fixture;
  /** At an address of its own. */
  seed(fixture: Fixture, number?: number, options?: SeedOptions): Promise<Seed>;
  start(magnet: string, wanted?: Pick<Wanted, 'bootstrap'>): Promise<Session>;
  /** Undefined where the link is refused. */
  tryStart(magnet: string): Promise<Session | undefined>;
  /** A link whose tracker tells of a seed. */
  seeded(fixture: Fixture, more?: string): Promise<Seeded>;
  /** As long as a program takes to do what it should not do; ends with a client that does what it should. */
  meanwhile(): Promise<void>;
}

export interface Seeded {
  readonly seed: Seed;
  readonly session: Session;
  readonly tracker: HttpSpy;
}

const make: (declaration: Declaration<Context & MagnetTools>) => Case = caseMaker('launch', (context) => {
  const http = () => HttpSpy.open(context);
  const torrent = (options?: FixtureOptions) => makeFixture(context.random, options);
  const start = (magnet: string, wanted: Pick<Wanted, 'bootstrap'> = {}) =>
    Session.start(context, { magnet, ...wanted });
  return {
    http,
    torrent,
    start,
    seed: (fixture, number = 9, options = {}) => Seed.open(context, ourAddress(number), fixture, options),
    tryStart: (magnet) => Session.tryStart(context, { magnet }),
    async seeded(fixture, more = '') {
      const tracker = await http();
      const seed = await Seed.open(context, ourAddress(9), fixture);
      tracker.answer = () => listing([seed.at]);
      const session = await start(`${linkTo(fixture)}${more}${trackedBy(tracker)}`);
      return { seed, session, tracker };
    },
    async meanwhile() {
      await context.elapse(initiativeMs(context.patience));
      await context.quiet(
        () => [],
        async () => {
          const tracker = await http();
          await start(`${linkTo(torrent())}${trackedBy(tracker)}`);
          await tracker.asked.next();
        },
      );
    },
  };
});

/** Clients are started, and call others in their own time. */
export const defineCase: (declaration: Declaration<Context & MagnetTools>) => Case = (declaration) =>
  make({ budget: 'normal', ...declaration });

export function linkTo({ infoHash, name }: Fixture): string {
  return `magnet:?xt=urn:btih:${hex(infoHash)}&dn=${name}`;
}

export function trackedBy({ url }: HttpSpy): string {
  return `&tr=${encodeURIComponent(url)}`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The info-hashes that a tracker heard of, each once. */
export function announcedTo({ asked }: HttpSpy): readonly string[] {
  return [...new Set(asked.all.map(({ query }) => hex(fromLatin1(query.get('info_hash') ?? ''))))];
}

/** A program may end because it refuses a link, and not because it has crashed. */
export function sound({ safely }: Context, session: Session | undefined): void {
  const end = session?.end ?? '';
  safely(end, 'the end of the program').satisfies('that it is no crash', !isCrash(end));
}
