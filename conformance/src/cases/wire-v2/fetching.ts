/** BEP 52, piece layers: they are not in the info dictionary, so who has only a magnet link asks peers for them. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { limits } from '../../limits.ts';
import { Client } from '../../probe/wire/client.ts';
import type { Fixture2 } from '../../probe/wire/fixture-version2.ts';
import type { WireTools } from '../wire/define.ts';
import { defineCase, torrent2 } from './define.ts';
import { persistentGiver } from './giving.ts';

const section = 'BEP 52, metainfo files: piece layers; peer messages';
const fetchMs = 40_000;

export const fetching: readonly Case[] = [
  defineCase({
    id: 'bep52.wire.magnet-v2-layers',
    title: 'who has a magnet link only asks peers for the hashes of pieces, and completes',
    section,
    killedBy: { 'no-hash-requests': 'fail' },
    async run(tools) {
      const { client, fixture } = await linked(tools, torrent2(tools));
      persistentGiver(client, fixture);
      await client.completes(fetchMs);
    },
  }),

  defineCase({
    id: 'bep52.wire.magnet-small-files',
    title: 'files of a piece or less need no more hashes than their roots',
    section,
    killedBy: { 'needs-layers-of-small-files': 'fail' },
    async run(tools) {
      const files = [
        { path: ['a.bin'], length: 30_000 },
        { path: ['b.bin'], length: 32_768 },
        { path: ['c.bin'], length: 1 },
      ];
      const { client, fixture } = await linked(tools, torrent2(tools, { files }));
      persistentGiver(client, fixture, () => undefined);
      await client.completes(fetchMs);
    },
  }),

  defineCase({
    id: 'bep52.wire.wrong-hashes',
    title: 'hashes that lead to another root are dropped, and asked of somebody else',
    section,
    killedBy: { 'believes-hashes': 'fail' },
    async run(tools) {
      const { client, fixture } = await linked(tools, torrent2(tools));
      let lies = 0;
      persistentGiver(client, fixture, (honest) => {
        lies++;
        return honest.map((hash, at) => (at === 0 ? hash.map((byte) => byte ^ 0xff) : hash));
      });
      const other = await client.dial();
      await other.settles(() => lies > 0, client.within(fetchMs));
      other.close();
      persistentGiver(client, fixture);
      await client.completes(fetchMs);
      tools.observe('wrong answers that it was given', lies);
    },
  }),
];

async function linked(
  tools: Context & WireTools,
  fixture: Fixture2,
): Promise<{ readonly client: Client; readonly fixture: Fixture2 }> {
  const client = await Client.tryLaunch(tools, { role: 'magnet', fixture }, limits.startMs);
  return client === undefined ? tools.unsupported('it does not take a magnet link of version 2') : { client, fixture };
}
