/** What the bodies about clients and their trackers are given: trackers that listen, clients started on them, peers that wait. */
import { ourAddress } from '../../addresses.ts';
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { HttpSpy } from '../../probe/announce/http-spy.ts';
import { awaitCalls, awaitCallsByName, type Callee, Session, type Wanted } from '../../probe/announce/session.ts';
import { UdpSpy } from '../../probe/announce/udp-spy.ts';
import { type Fixture, makeFixture } from '../../probe/wire/fixture.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import type { Endpoint } from '../../target/target.ts';

export interface AnnounceTools {
  http(): Promise<HttpSpy>;
  /** At a fresh address of loopback if none is given. */
  udp(ip?: string): Promise<UdpSpy>;
  start(wanted: Wanted): Promise<Session>;
  torrent(pieces?: number): Fixture;
  /** A peer at an address of its own; with a fixture it shakes hands, and gives everything. */
  peer(number: number, fixture?: Fixture, gives?: boolean): Promise<Callee>;
  peer6(): Promise<Callee>;
  /** One that is called by name. */
  named(): Promise<Callee>;
  /** Dials the client, shakes hands, and gives its peer id. */
  greeted(session: Session, at?: Endpoint): Promise<Uint8Array>;
  /** The same, and gives the link. */
  linked(session: Session): Promise<PeerLink>;
  /** As long as a program takes to do what it should not do, if nothing else is said; ends with a sign of life. */
  meanwhile(session: Session, ms?: number): Promise<void>;
}

const make: (declaration: Declaration<Context & AnnounceTools>) => Case = caseMaker('launch', (context) => ({
  http: () => HttpSpy.open(context),
  udp: (ip) => UdpSpy.open(context, ip),
  start: (wanted) => Session.start(context, wanted),
  torrent: (pieces = 2) => makeFixture(context.random, { pieces }),
  peer: (number, fixture, gives) => awaitCalls(context, ourAddress(number), fixture, gives),
  peer6: () => awaitCalls(context, '::1'),
  named: () => awaitCallsByName(context),
  greeted: async (session, at) => (await greet(context, session, at)).theirs!.peerId,
  linked: (session) => greet(context, session),
  async meanwhile(session, ms = initiativeMs(context.patience)) {
    await context.elapse(ms);
    await context.quiet(
      () => [],
      () => alive(session),
    );
  },
}));

export const defineCase: (declaration: Declaration<Context & AnnounceTools>) => Case = (declaration) =>
  make({ budget: 'normal', ...declaration });

/** Programs that look at their files first do not answer at once. */
const attempts = 20;

async function greet(context: Context, session: Session, at: Endpoint = session.running.at): Promise<PeerLink> {
  for (let attempt = 0; ; attempt++) {
    const link = await PeerLink.dial(context, at, ourAddress(77));
    link.greet({ infoHash: session.fixture.infoHash, peerId: Buffer.from('-FC0001-aaaaaaaaaaaa') });
    if (await link.settles(() => link.theirs !== undefined, 500)) return link;
    if (attempt === attempts) throw new Finding('its handshake', 'that it comes', 'nothing');
    link.close();
  }
}

export async function alive(session: Session): Promise<void> {
  // The end of a program is told a moment after it.
  await new Promise((resolve) => setImmediate(resolve));
  if (session.end !== undefined) throw new Finding('the program', 'that it runs', `it has ended: ${session.end}`);
}
