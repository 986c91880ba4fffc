/** BEP 6, have all and have none. */
import type { Case } from '../../case.ts';
import { hasBit, ids } from '../../probe/wire/messages.ts';
import { haveBytes } from '../../probe/wire/uploader.ts';
import { defineCase } from '../wire/define.ts';
import { fastLink, firsts, firstsOf, gate } from './define.ts';

const section = 'BEP 6, have all and have none';
const harmless = { closed: 'pass', kept: 'pass' } as const;

export const pieces: readonly Case[] = [
  defineCase({
    id: 'bep6.bit-set',
    title: 'who sets the bit of the fast extension speaks it',
    section: 'BEP 6',
    killedBy: { 'no-fast-bit': 'unimplemented', 'no-first-message': 'fail' },
    async run({ seeding, unsupported }) {
      const client = await seeding();
      const link = await fastLink(client);
      if (!hasBit(link.theirs!.reserved, 'fast')) return unsupported('its handshake does not have the bit');
      await link.until('word of its pieces', () => firstsOf(link).length > 0);
    },
  }),

  defineCase({
    id: 'bep6.only-if-both',
    title: 'a peer that does not speak it is sent none of its messages',
    section: 'BEP 6',
    killedBy: { 'fast-without-bit': 'fail' },
    async run({ seeding, quiet, expect }) {
      const client = await seeding();
      const link = await client.dial();
      const heard = await quiet(
        () => link.all,
        () => client.answers(),
      );
      const fast = heard.flatMap(({ id = 0 }) => (id >= ids.suggest && id <= ids.allowedFast ? [id] : []));
      expect(fast, 'ids of the fast extension').is([]);
    },
  }),

  defineCase({
    id: 'bep6.have-all-from-seed',
    title: 'a seed begins with have all, or with a bitfield',
    section,
    gate,
    killedBy: { 'no-first-message': 'fail' },
    async run({ seeding, expect }) {
      const link = await fastLink(await seeding());
      await link.until('word of its pieces', () => firstsOf(link).length > 0);
      const first = link.all.find(({ id }) => id !== ids.extended)?.id;
      expect(first, 'the id of the first message').oneOf([ids.haveAll, ids.bitfield]);
    },
  }),

  defineCase({
    id: 'bep6.have-none-from-empty',
    title: 'who has nothing says so',
    section,
    gate,
    killedBy: { 'no-first-message': 'fail' },
    async run({ leeching, expect }) {
      const link = await fastLink(await leeching());
      await link.until('word of its pieces', () => firstsOf(link).length > 0);
      expect(firstsOf(link)[0], 'the id of the first message').oneOf([ids.haveNone, ids.bitfield]);
    },
  }),

  defineCase({
    id: 'bep6.exactly-one',
    title: 'have all, have none and the bitfield exclude each other',
    section,
    gate,
    killedBy: { 'have-all-and-bitfield': 'fail', 'no-first-message': 'fail' },
    async run({ seeding, quiet, expect }) {
      const client = await seeding();
      const link = await fastLink(client);
      await quiet(
        () => [],
        () => client.answers(),
      );
      expect(firstsOf(link).length, `messages with the ids ${firsts.join(', ')}`).is(1);
    },
  }),

  defineCase({
    id: 'bep6.have-all-understood',
    title: 'a peer that has all is interesting',
    section,
    gate,
    killedBy: { 'ignores-have-all': 'fail' },
    async run({ leeching }) {
      const link = await fastLink(await leeching(), ids.haveAll);
      await link.next(ids.interested);
      link.send(ids.unchoke);
      await link.next(ids.request);
    },
  }),

  defineCase({
    id: 'bep6.have-none-understood',
    title: 'a peer that has nothing is interesting when it gets something',
    section,
    gate,
    killedBy: { 'have-none-is-all': 'fail' },
    async run({ leeching, quiet, expect }) {
      const client = await leeching();
      const link = await fastLink(client);
      const early = await quiet(
        () => link.take(ids.interested),
        () => client.answers(),
      );
      expect(early.length, 'interest in a peer that has nothing').is(0);
      link.send(ids.have, haveBytes(2));
      await link.next(ids.interested);
    },
  }),

  defineCase({
    id: 'bep6.missing-all-three',
    title: 'a peer that does not say what it has does no harm',
    section,
    gate,
    alternatives: harmless,
    killedBy: { 'dies-of-missing-first': 'crash' },
    async run({ leeching, quiet, outcome }) {
      const client = await leeching();
      const link = await fastLink(client, 'nothing');
      link.send(ids.unchoke);
      await quiet(
        () => [],
        () => client.answers(),
      );
      outcome(link.isOpen ? 'kept' : 'closed');
    },
  }),

  defineCase({
    id: 'bep6.have-all-late',
    title: 'have all behind other messages does no harm',
    section,
    gate,
    alternatives: harmless,
    killedBy: { 'dies-of-late-have-all': 'crash' },
    async run({ leeching, quiet, outcome }) {
      const client = await leeching();
      const link = await fastLink(client);
      link.send(ids.have, haveBytes(2));
      link.send(ids.haveAll);
      await quiet(
        () => [],
        () => client.answers(),
      );
      outcome(link.isOpen ? 'kept' : 'closed');
    },
  }),
];
