/** BEP 11, protocol extension: what is made of the messages of others, right ones and wrong ones. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import type { Writable } from '../../probe/bencode.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import type { Client } from '../../probe/wire/client.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import type { Endpoint } from '../../target/target.ts';
import { defineCase as define } from '../wire/define.ts';
import { type ExtendedLink, extendedLink } from '../wire/extended.ts';
import { member, pexId, watcher } from './define.ts';

const section = 'BEP 11, protocol extension';
const gate = 'bep11.advertise';
/** Ports of one address in one message, and how many calls to it are still few. */
const portsToldOf = 50;
const fewCalls = 10;

const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export const consuming: readonly Case[] = [
  defineCase({
    id: 'bep11.consume-added',
    title: 'a peer that was added is called',
    section,
    killedBy: { 'ignores-pex': 'fail' },
    async run(tools) {
      const call = await tools.awaiting();
      const teller = await watcher(tools, await tools.leeching());
      tell(teller, { added: writeCompact(call.at), 'added.f': Uint8Array.of(2) });
      await call.link();
    },
  }),

  defineCase({
    id: 'bep11.consume-dropped-safe',
    title: 'a peer that somebody else has dropped keeps its connection',
    section,
    killedBy: { 'drops-on-pex': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const teller = await watcher(tools, client);
      const { at, link } = await member(client, 7_101);
      tell(teller, { added: new Uint8Array(), dropped: writeCompact(at) });
      await soon(tools, client);
      tools.expect(link.isOpen, 'whether the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep11.bad-length',
    title: 'contacts of seven bytes do no harm',
    section,
    killedBy: { 'dies-of-odd-pex': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      tell(await watcher(tools, client), { added: new Uint8Array(7).fill(127), 'added.f': Uint8Array.of(0) });
      await soon(tools, client);
    },
  }),

  defineCase({
    id: 'bep11.flags-short',
    title: 'fewer flags than contacts do no harm',
    section,
    killedBy: { 'dies-of-short-flags': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      const contacts = [7_301, 7_302].map((port) => writeCompact({ ip: ourAddress(240), port }));
      tell(await watcher(tools, client), { added: Buffer.concat(contacts), 'added.f': Uint8Array.of(0) });
      await soon(tools, client);
    },
  }),

  defineCase({
    id: 'bep11.flood-tolerance',
    title: 'sixty messages in a second may end the connection, and nothing else',
    section,
    killedBy: { 'dies-of-pex-flood': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      const teller = await watcher(tools, client);
      for (let each = 0; each < 60; each++) {
        tell(teller, { added: writeCompact({ ip: ourAddress(241), port: 7_400 + each }), 'added.f': Uint8Array.of(0) });
      }
      await soon(tools, client);
      tools.observe('afterwards', teller.link.isOpen ? 'it goes on' : 'it has hung up');
    },
  }),

  defineCase({
    id: 'bep11.amplification-guard',
    title: 'of fifty ports of one address few are called',
    section: 'BEP 11, security considerations',
    killedBy: { 'dials-all-pex': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const teller = await watcher(tools, client);
      const victim = await listeners(tools, ourAddress(242), portsToldOf);
      tell(teller, { added: Buffer.concat(victim.at.map(writeCompact)), 'added.f': new Uint8Array(portsToldOf) });
      await tools.elapse(initiativeMs(tools.patience));
      await soon(tools, client);
      tools.expect(victim.called.size, `of ${portsToldOf} ports of one address that were called`).atMost(fewCalls);
    },
  }),

  defineCase({
    id: 'bep11.port-zero-and-martians',
    title: 'addresses that are none are not called',
    section: 'BEP 11, security considerations',
    killedBy: { 'dials-anything': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const teller = await watcher(tools, client);
      // Some systems take 0.0.0.0 for themselves.
      const own = await listeners(tools, ourAddress(), 1);
      const contacts = ['0.0.0.0', '255.255.255.255', '224.0.0.1'].map((ip) => ({ ip, port: own.at[0]!.port }));
      const added = [...contacts, { ip: ourAddress(243), port: 0 }].map(writeCompact);
      tell(teller, { added: Buffer.concat(added), 'added.f': new Uint8Array(4) });
      await tools.elapse(initiativeMs(tools.patience));
      await soon(tools, client);
      tools.expect(own.called.size, 'calls to 0.0.0.0').is(0);
    },
  }),

  define({
    id: 'bep11.private-off',
    title: 'ut_pex is not offered for a private torrent',
    section: 'BEP 11; BEP 27',
    killedBy: { 'pex-in-private': 'fail' },
    async run(tools) {
      const { idOf } = await extendedLink(await hidden(tools), { m: { ut_pex: pexId } });
      tools.expect(idOf('ut_pex'), 'the id of ut_pex').is(0);
    },
  }),

  define({
    id: 'bep27.no-pex',
    title: 'a peer that is told of by ut_pex is not called for a private torrent',
    section: 'BEP 27, peer exchange',
    killedBy: { 'dials-private-pex': 'fail', 'pex-in-private': 'fail' },
    async run(tools) {
      const client = await hidden(tools);
      const teller = await extendedLink(client, { m: { ut_pex: pexId } });
      tools.expect(teller.idOf('ut_pex'), 'the id of ut_pex').is(0);
      const own = await listeners(tools, ourAddress(244), 1);
      // Whatever id it would take them by: nobody promises that it has none.
      for (let id = 1; id < 12; id++) {
        teller.send(id, { added: writeCompact(own.at[0]!), 'added.f': Uint8Array.of(2) });
      }
      await tools.elapse(initiativeMs(tools.patience));
      await soon(tools, client);
      tools.expect(own.called.size, 'calls to the peer').is(0);
    },
  }),
];

function hidden({ torrent, leeching }: Parameters<Parameters<typeof define>[0]['run']>[0]): Promise<Client> {
  return leeching(torrent({ info: { private: 1 } }));
}

function tell(teller: ExtendedLink, dictionary: Writable): void {
  teller.send(teller.idOf('ut_pex'), dictionary);
}

async function listeners(context: Context, ip: string, count: number): Promise<Listeners> {
  const called = new Set<number>();
  const at: Endpoint[] = [];
  for (let each = 0; each < count; each++) at.push(await PeerLink.listen(context, ip, () => called.add(each)));
  return { at, called };
}

interface Listeners {
  readonly at: readonly Endpoint[];
  /** Those that were called. */
  readonly called: ReadonlySet<number>;
}

/** A window has passed, and somebody else was answered. */
async function soon({ quiet }: Pick<Context, 'quiet'>, client: Client): Promise<void> {
  await quiet(
    () => [],
    () => client.answers(),
  );
}
