/** BEP 11, protocol extension: what a message holds. A program may wait a minute before its first, so these are asked with time. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { defineCase as define } from '../wire/define.ts';
import { extendedLink, needed } from '../wire/extended.ts';
import { flagsOf, lengthOf, lists, member, messagesTo, pexId, type Told, tells, watcher } from './define.ts';

const section = 'BEP 11, protocol extension';
const gate = 'bep11.advertise';
const seedFlag = 0x02;
const outgoingFlag = 0x10;

const defineCase: typeof define = (declaration) => define({ gate, budget: 'slow', ...declaration });

export const telling: readonly Case[] = [
  define({
    id: 'bep11.advertise',
    title: 'who exchanges peers offers ut_pex',
    section,
    killedBy: { 'no-pex': 'unimplemented' },
    async run(tools) {
      const extended = await extendedLink(await tools.leeching(), { m: { ut_pex: pexId } });
      tools.observe('id', needed(tools, extended, 'ut_pex'));
    },
  }),

  defineCase({
    id: 'bep11.first-message',
    title: 'the peers that are connected are told of within a minute and a half',
    section,
    killedBy: { 'never-sends-pex': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      await member(client, 7_101);
      await member(client, 7_102);
      await tells(tools, told, 'a message with peers');
    },
  }),

  defineCase({
    id: 'bep11.added-compact',
    title: 'contacts are written one behind the other: six bytes over IPv4, eighteen over IPv6',
    section,
    killedBy: { 'pex-lists': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      await member(client, 7_101);
      const { keys } = await tells(tools, told, 'a message with peers', isAnything);
      tools.expect((lengthOf(keys.get('added')) ?? 1) % 6, 'bytes of added beyond whole contacts').is(0);
      tools.expect((lengthOf(keys.get('added6') ?? new Uint8Array()) ?? 1) % 18, 'the same of added6').is(0);
    },
  }),

  defineCase({
    id: 'bep11.added-f-length',
    title: 'there is one byte of flags for each contact',
    section,
    killedBy: { 'pex-flags-short': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      await member(client, 7_101);
      const { keys, added } = await tells(tools, told, 'a message with peers', isAdding);
      if (!keys.has('added.f')) return tools.unsupported('it sends no flags');
      tools.expect(lengthOf(keys.get('added.f')), 'bytes of added.f').is(added.length);
    },
  }),

  defineCase({
    id: 'bep11.only-connected',
    title: 'a peer that it is not connected to is not told of',
    section,
    killedBy: { 'pex-from-tracker': 'fail' },
    async run(tools) {
      // Nobody listens there.
      const dead = { ip: ourAddress(230), port: 9 };
      const client = await tools.leeching(undefined, { peers: () => [dead] });
      const told = await watcher(tools, client);
      const { at } = await member(client, 7_101);
      await tells(tools, told, 'that a connected peer is added', ({ added }) => lists(added, at));
      const all = messagesTo(told).flatMap(({ added }) => added);
      tools.expect(lists(all, dead), 'whether the dead peer is added').is(false);
    },
  }),

  defineCase({
    id: 'bep11.no-duplicates',
    title: 'no contact is twice in a message',
    section,
    killedBy: { 'pex-repeats': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      for (let each = 0; each < 20; each++) await member(client, 7_100 + each);
      const { added } = await tells(tools, told, 'a message with peers', isAdding);
      const different = new Set(added.map(({ ip, port }) => `${ip} ${port}`));
      tools.expect(added.length, 'contacts added').is(different.size);
    },
  }),

  defineCase({
    id: 'bep11.flags-seed',
    title: 'the flag of seeds is set for a seed',
    section,
    killedBy: { 'pex-no-flags': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const { at } = await member(client, 7_101, 'all');
      const message = await tells(tools, told, 'that the seed is added', ({ added }) => lists(added, at));
      tools.expect(flagsOf(message, at.port) & seedFlag, 'the flag of seeds').is(seedFlag);
    },
  }),

  defineCase({
    id: 'bep11.flags-outgoing',
    title: 'the flag of outgoing connections is set for a peer that was called',
    section,
    killedBy: { 'pex-no-flags': 'non-strict' },
    async run(tools) {
      const call = await tools.awaiting();
      const client = await tools.leeching(undefined, { peers: () => [call.at] });
      const callee = await call.link();
      callee.greet(client.greeting());
      const told = await watcher(tools, client);
      const message = await tells(tools, told, 'that the called peer is added', ({ added }) => lists(added, call.at));
      tools.expect(flagsOf(message, call.at.port) & outgoingFlag, 'the flag of outgoing connections').is(outgoingFlag);
    },
  }),

  defineCase({
    id: 'bep11.self-not-listed',
    title: 'nobody is told of himself',
    section,
    killedBy: { 'pex-echoes': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client, 7_007);
      const { at } = await member(client, 7_101);
      await tells(tools, told, 'that a connected peer is added', ({ added }) => lists(added, at));
      const all = messagesTo(told).flatMap(({ added }) => added);
      tools.expect(lists(all, { ip: told.link.ip, port: 7_007 }), 'whether we are told of ourselves').is(false);
    },
  }),

  defineCase({
    id: 'bep11.uses-listen-port',
    title: 'a peer that called is told of with the port that it listens at',
    section,
    killedBy: { 'pex-source-ports': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const { at } = await member(client, 7_101);
      const { added } = await tells(tools, told, 'that the peer is added', (each) =>
        each.added.some(({ ip }) => ip === at.ip),
      );
      tools.expect(lists(added, at), 'whether it is added with the port that it listens at').is(true);
    },
  }),
];

function isAdding({ added }: Told): boolean {
  return added.length > 0;
}

function isAnything({ keys }: Told): boolean {
  return keys.has('added') || keys.has('added6');
}
