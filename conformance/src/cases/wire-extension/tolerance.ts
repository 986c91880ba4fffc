/** BEP 10: handshakes and messages that are out of the ordinary. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { Raw, type Writable } from '../../probe/bencode.ts';
import { ids, message } from '../../probe/wire/messages.ts';
import { defineCase, type WireTools } from '../wire/define.ts';
import { extendedLink } from '../wire/extended.ts';
import { gate } from './handshake.ts';

const section = 'BEP 10, handshake message';
const odd = { m: {}, foo: ['bar'], p: 'port', reqq: 'many', v: 5, yourip: 3 };

export const tolerance: readonly Case[] = [
  defineCase({
    id: 'bep10.unknown-names-ignored',
    title: 'extensions that nobody knows are no offence',
    section,
    gate,
    killedBy: { 'closes-on-unknown-names': 'non-strict' },
    run: (tools) => keeps(tools, { m: { x_conformance: 1, 'with space': 2, '': 3 } }),
  }),

  defineCase({
    id: 'bep10.unknown-keys-ignored',
    title: 'unknown keys, and values of other types, are no offence',
    section,
    gate,
    killedBy: { 'closes-on-odd-keys': 'non-strict' },
    run: (tools) => keeps(tools, odd),
  }),

  defineCase({
    id: 'bep10.empty-dict',
    title: 'a handshake may be empty',
    section,
    gate,
    killedBy: { 'requires-m': 'fail' },
    run: (tools) => keeps(tools, {}),
  }),

  defineCase({
    id: 'bep10.missing-m',
    title: 'a handshake may be without m',
    section,
    gate,
    killedBy: { 'requires-m': 'fail' },
    run: (tools) => keeps(tools, { v: 'conformance' }),
  }),

  defineCase({
    id: 'bep10.malformed-bencode',
    title: 'a handshake that is no bencode does no harm',
    section,
    gate,
    killedBy: { 'dies-of-bad-bencode': 'crash' },
    run: (tools) => survives(tools, new Raw(Buffer.from('d1:md11:ut_metadatai'))),
  }),

  defineCase({
    id: 'bep10.unadvertised-ext-id',
    title: 'an extended message with an id that was never given does no harm',
    section: 'BEP 10',
    gate,
    killedBy: { 'dies-of-unadvertised-id': 'crash' },
    run: (tools) => survives(tools, {}, message(ids.extended, Uint8Array.of(99), Buffer.from('de'))),
  }),

  defineCase({
    id: 'bep10.empty-extended',
    title: 'an extended message without an id does no harm',
    section: 'BEP 10',
    gate,
    killedBy: { 'dies-of-empty-extended': 'crash' },
    run: (tools) => survives(tools, {}, message(ids.extended)),
  }),
];

async function keeps({ seeding, quiet, expect }: Context & WireTools, offer: Writable): Promise<void> {
  const client = await seeding();
  const { link } = await extendedLink(client, offer);
  await quiet(
    () => [],
    () => client.answers(),
  );
  expect(link.isOpen, 'the connection is open').is(true);
}

async function survives({ seeding, quiet }: Context & WireTools, offer: Writable, more?: Uint8Array): Promise<void> {
  const client = await seeding();
  const { link } = await extendedLink(client, offer);
  if (more !== undefined) link.sendRaw(more);
  await quiet(
    () => [],
    () => client.answers(),
  );
}
