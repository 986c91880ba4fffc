/** BEP 27: what must not be said of a private torrent, and who must not be listened to. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import type { Client } from '../../probe/wire/client.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { ids, reservedWith } from '../../probe/wire/messages.ts';
import { defineCase as define } from '../wire/define.ts';
import { extendedLink } from '../wire/extended.ts';
import { askedAbout, defineCase, entering, node, nodes } from './define.ts';

const section = 'BEP 27, private torrents';

export const privateTorrents: readonly Case[] = [
  defineCase({
    id: 'bep27.no-dht-announce',
    title: 'the DHT is not asked about a private torrent, and not told of it',
    section,
    killedBy: { 'asks-dht-about-private': 'fail' },
    async run(tools) {
      const fixture = tools.torrent({ info: { private: 1 } });
      const network = await nodes(tools, 8);
      const client = await entering(tools, network[0]!, fixture);
      await later(tools, client);
      const asked = network.flatMap((each) => askedAbout(each, fixture));
      tools.expect(asked.length, 'questions about the torrent').is(0);
    },
  }),

  defineCase({
    id: 'bep27.no-port-driven-leak',
    title: 'the DHT node of a peer is not asked about a private torrent',
    section,
    killedBy: { 'asks-dht-about-private': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({ info: { private: 1 } });
      const client = await entering(tools, await node(tools), fixture);
      const link = await client.dial({ reserved: reservedWith('dht') });
      const own = await node(tools, { ip: link.ip });
      link.send(ids.port, Uint8Array.of(own.link.at.port >> 8, own.link.at.port & 0xff));
      await later(tools, client);
      tools.observe('a port message', link.all.some(({ id }) => id === ids.port) ? 'is sent' : 'is not sent');
      tools.expect(askedAbout(own, fixture).length, 'questions about the torrent').is(0);
    },
  }),

  // Not asked of those with a DHT only: whoever takes peers from anybody but the tracker breaks the same rule.
  define({
    id: 'bep27.only-tracker-peers',
    title: 'of a private torrent only the peers that its tracker names are called',
    section,
    killedBy: { 'asks-dht-about-private': 'fail', 'dials-private-pex': 'fail' },
    async run(tools) {
      const called: string[] = [];
      const known = (how: string, host: number) => PeerLink.listen(tools, ourAddress(host), () => called.push(how));
      const [fromDht, fromPeer] = [await known('of the DHT', 245), await known('of a peer', 246)];
      const ofTracker = await tools.awaiting();
      const network = await nodes(tools, 8, () => ({ values: [fromDht] }));
      const fixture = tools.torrent({ info: { private: 1 } });
      const client = await entering(tools, network[0]!, fixture, { peers: () => [ofTracker.at] });
      const teller = await extendedLink(client, { m: { ut_pex: 1 } });
      // Whatever id it would take them by: nobody promises that it has none.
      const added = { added: writeCompact(fromPeer), 'added.f': Uint8Array.of(2) };
      for (let id = 1; id < 12; id++) teller.send(id, added);
      await ofTracker
        .link()
        .catch(() => tools.unsupported('it does not even call whom its tracker names, or not in plain words'));
      await later(tools, client);
      tools.expect(called, 'calls of peers that somebody else named').is([]);
    },
  }),
];

async function later({ elapse, patience, quiet, target }: Context, client: Client): Promise<void> {
  await elapse(initiativeMs(patience));
  const quick = target.advance !== undefined;
  // A lookup of the reference is a few rounds on loopback.
  for (let round = 0; round < (quick ? 4 : 1); round++) {
    await quiet(
      () => [],
      () => client.answers(),
    );
  }
}
