/** BEP 11, protocol extension: when messages come, and what becomes of peers that have gone. */
import type { Case } from '../../case.ts';
import { defineCase as define } from '../wire/define.ts';
import { lists, member, messagesTo, tells, watcher } from './define.ts';

const section = 'BEP 11, protocol extension';
const gate = 'bep11.advertise';
const most = 50;

const defineCase: typeof define = (declaration) => define({ gate, budget: 'slow', ...declaration });

export const pace: readonly Case[] = [
  defineCase({
    id: 'bep11.dropped-sent',
    title: 'a peer that has gone is dropped',
    section,
    killedBy: { 'never-drops': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const { at, link } = await member(client, 7_101);
      await tells(tools, told, 'that the peer is added', ({ added }) => lists(added, at));
      link.close();
      await tells(tools, told, 'that the peer is dropped', ({ dropped }) => lists(dropped, at));
    },
  }),

  defineCase({
    id: 'bep11.not-added-and-dropped',
    title: 'a peer that came and went is not added and dropped in one message',
    section,
    killedBy: { 'flaps-both': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const first = await member(client, 7_101);
      await tells(tools, told, 'a message with peers', ({ added }) => lists(added, first.at));
      const { link } = await member(client, 7_102);
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      link.close();
      const second = await member(client, 7_103);
      await tells(tools, told, 'the next message with peers', ({ added }) => lists(added, second.at));
      const both = messagesTo(told).flatMap(({ added, dropped }) => added.filter((each) => lists(dropped, each)));
      tools.expect(both, 'contacts that are added and dropped in one message').is([]);
    },
  }),

  defineCase({
    id: 'bep11.rate',
    title: 'there is at most one message a minute',
    section,
    killedBy: { 'pex-each-30-s': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      await member(client, 7_101);
      await tells(tools, told, 'a message with peers');
      const before = messagesTo(told).length;
      for (let each = 0; each < 6; each++) {
        await member(client, 7_110 + each);
        await tools.elapse(20_000);
      }
      await client.answers();
      // Two minutes after the first message, and what is under way at their end.
      tools.expect(messagesTo(told).length - before, 'messages in two minutes').atMost(2);
    },
  }),

  defineCase({
    id: 'bep11.nonempty',
    title: 'no message is empty',
    section,
    killedBy: { 'empty-pex': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      await member(client, 7_101);
      await tells(tools, told, 'a message with peers');
      await tools.elapse(130_000);
      await client.answers();
      const names = ['added', 'added6', 'dropped', 'dropped6'];
      const empty = messagesTo(told).filter(({ keys }) => !names.some((name) => keys.has(name)));
      tools.expect(empty.length, 'messages without any of the four lists').is(0);
    },
  }),

  defineCase({
    id: 'bep11.max-50',
    title: 'a message that is not the first adds at most fifty peers',
    section,
    killedBy: { 'pex-unbounded': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const first = await member(client, 7_101);
      await tells(tools, told, 'a message with peers', ({ added }) => lists(added, first.at));
      const before = messagesTo(told).length;
      for (let each = 0; each < most + 20; each++) await member(client, 7_200 + each);
      await tells(tools, told, 'the next message with peers', ({ added }) => added.some(({ port }) => port >= 7_200));
      const counts = messagesTo(told)
        .slice(before)
        .map(({ added }) => added.length);
      tools.expect(Math.max(...counts), 'contacts added in one message').atMost(most);
    },
  }),
];
