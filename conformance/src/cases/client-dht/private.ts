/** BEP 27: what must not be said of a private torrent. */
import type { Case } from '../../case.ts';
import { type Context, initiativeMs } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import { ids, reservedWith } from '../../probe/wire/messages.ts';
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
