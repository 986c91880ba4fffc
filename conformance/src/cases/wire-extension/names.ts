/** BEP 10: ids belong to the side that gave them. Seen with ut_metadata (BEP 9), which answers at once. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Writable } from '../../probe/bencode.ts';
import { ids } from '../../probe/wire/messages.ts';
import { defineCase, type WireTools } from '../wire/define.ts';
import { type ExtendedLink, extendedLink, needed } from '../wire/extended.ts';
import { gate } from './handshake.ts';

const section = 'BEP 10, handshake message';

export const names: readonly Case[] = [
  defineCase({
    id: 'bep10.uses-our-ids',
    title: 'extended messages to us have the ids that we gave',
    section,
    gate,
    killedBy: { 'uses-own-ids': 'fail' },
    async run(tools) {
      const extended = await asked(tools, { m: { ut_metadata: 200, ut_pex: 201 } });
      await extended.next(200);
      tools.expect(strangeIds(extended, [0, 200, 201]), 'other ids').is([]);
    },
  }),

  defineCase({
    id: 'bep10.id-zero-first',
    title: 'an extension with id 0 is switched off',
    section,
    gate,
    killedBy: { 'ignores-id-zero': 'fail' },
    run: (tools) => silent(tools, { m: { ut_metadata: 0 } }),
  }),

  defineCase({
    id: 'bep10.id-zero-runtime',
    title: 'an extension that a later handshake switches off is used no more, or that handshake is passed over',
    section,
    gate,
    killedBy: { 'never-switches-off': 'info' },
    async run(tools) {
      const client = await tools.seeding();
      const extended = await extendedLink(client, { m: { ut_metadata: 77 } });
      const id = needed(tools, extended, 'ut_metadata');
      extended.send(0, { m: { ut_metadata: 0 } });
      extended.send(id, { msg_type: 0, piece: 0 });
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      const answered = extended.link.all.some(({ id: of, payload }) => of === ids.extended && payload[0] === 77);
      const silence = extended.link.isOpen ? 'it is silent' : 'it has hung up';
      tools.observe('asked for what was switched off', answered ? 'it answers under the old id' : silence);
    },
  }),

  defineCase({
    id: 'bep10.case-sensitive',
    title: 'UT_METADATA is not ut_metadata',
    section,
    gate,
    killedBy: { 'any-case': 'fail' },
    run: (tools) => silent(tools, { m: { UT_METADATA: 77 } }),
  }),

  defineCase({
    id: 'bep10.second-handshake-kept',
    title: 'a second handshake is no offence',
    section,
    gate,
    killedBy: { 'closes-on-second-handshake': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding();
      const extended = await extendedLink(client);
      extended.send(0, { m: {} });
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      tools.expect(extended.link.isOpen, 'the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep10.second-handshake-additive',
    title: 'a second handshake adds to the first',
    section,
    gate,
    killedBy: { 'second-handshake-replaces': 'non-strict' },
    async run(tools) {
      const extended = await extendedLink(await tools.seeding(), { m: { ut_metadata: 77 } });
      const id = needed(tools, extended, 'ut_metadata');
      extended.send(0, { m: { x_conformance: 5 } });
      extended.send(id, { msg_type: 0, piece: 0 });
      await extended.next(77);
    },
  }),
];

/** A link on which metadata was requested. */
async function asked(tools: Context & WireTools, offer: Writable): Promise<ExtendedLink> {
  const extended = await extendedLink(await tools.seeding(), offer);
  extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: 0, piece: 0 });
  return extended;
}

async function silent(tools: Context & WireTools, offer: Writable): Promise<void> {
  const client = await tools.seeding();
  const extended = await extendedLink(client, offer);
  extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: 0, piece: 0 });
  await tools.quiet(
    () => [],
    () => client.answers(),
  );
  tools.expect(strangeIds(extended, [0]), 'ids of answers').is([]);
  const more = extended.link.heard.filter(({ id, payload }) => id === ids.extended && payload.length > 0);
  tools.expect(more.length, 'extended messages behind the handshake').is(0);
}

function strangeIds({ link }: ExtendedLink, known: readonly number[]): readonly number[] {
  const all = link.all.flatMap(({ id, payload }) => (id === ids.extended ? [payload[0] ?? -1] : []));
  return all.filter((id) => !known.includes(id));
}
