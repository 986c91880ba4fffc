/** BEP 3, peer messages: how messages are cut out of the stream, and what is done with those that do not fit. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { ids, keepAlive, message, uint32 } from '../../probe/wire/messages.ts';
import { haveBytes, requestBlock, upload } from '../../probe/wire/uploader.ts';
import { asking, chokerMs, defineCase, firstBlock, unchoked } from './define.ts';

const section = 'BEP 3, peer messages';
const fixedLengths = [
  ['have of three bytes', message(ids.have, new Uint8Array(3))],
  ['request of eleven bytes', message(ids.request, new Uint8Array(11))],
  ['choke of one byte', message(ids.choke, new Uint8Array(1))],
  ['cancel of thirteen bytes', message(ids.cancel, new Uint8Array(13))],
] as const;

export const framing: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.framing.keepalive-ignored',
    title: 'a message of no length keeps the connection, and is not answered',
    section,
    killedBy: { 'drops-keep-alives': 'fail', 'answers-keep-alives': 'fail' },
    async run({ seeding, expect }) {
      const client = await seeding();
      const link = await client.dial();
      link.sendRaw(keepAlive, 'keep-alive');
      await unchoked(client, link);
      link.sendRaw(Buffer.concat([keepAlive, keepAlive]), 'two keep-alives');
      requestBlock(link, firstBlock);
      await link.next(ids.piece);
      expect(link.all.filter(({ id }) => id === undefined).length, 'keep-alives that came back').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.split-length-prefix',
    title: 'a length prefix may come in two packets',
    section,
    killedBy: { 'assumes-whole-prefix': 'non-strict' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await client.dial();
      const bytes = message(ids.interested);
      await link.trickle([bytes.subarray(0, 2), bytes.subarray(2, 4), bytes.subarray(4)]);
      await link.next(ids.unchoke, undefined, client.within(chokerMs));
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.many-messages-one-segment',
    title: 'all messages of one packet count',
    section,
    killedBy: { 'one-message-per-read': 'non-strict' },
    async run({ torrent, leeching }) {
      const fixture = torrent({ pieces: 100 });
      const client = await leeching(fixture);
      const link = await client.dial();
      upload(link, fixture, { pieces: [] });
      const haves = Array.from({ length: 100 }, (_, at) => message(ids.have, haveBytes(at)));
      link.sendRaw(Buffer.concat(haves), 'a hundred haves');
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.zero-payload-lengths',
    title: 'choke, unchoke, interested and not interested are messages of length one',
    section,
    killedBy: { 'expects-payload': 'fail' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await client.dial();
      for (const id of [ids.unchoke, ids.choke, ids.notInterested]) link.send(id);
      await unchoked(client, link);
      requestBlock(link, firstBlock);
      await link.next(ids.piece);
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.wrong-length-fixed-msg',
    title: 'a message that is longer or shorter than its kind ends the connection',
    section,
    killedBy: { 'misreads-lengths': 'non-strict' },
    async run({ seeding }) {
      const client = await seeding();
      for (const [what, bytes] of fixedLengths) {
        const link = await client.dial();
        link.sendRaw(bytes, what);
        await link.closed(`the answer to a ${what}`);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.huge-length-prefix',
    title: 'nobody waits for a message of four gigabytes',
    section,
    killedBy: { 'waits-for-huge-messages': 'non-strict' },
    run: (tools) => hangsUp(tools, 0xffff_ffff),
  }),

  defineCase({
    id: 'bep3.wire.framing.negative-as-signed',
    title: 'nobody takes a long message for one of negative length',
    section,
    killedBy: { 'waits-for-huge-messages': 'non-strict' },
    run: (tools) => hangsUp(tools, 0x8000_0000),
  }),

  defineCase({
    id: 'bep3.wire.framing.unknown-message-id',
    title: 'what is done with a message that nobody has defined',
    section,
    killedBy: { 'closes-on-unknown-id': 'info' },
    async run(tools) {
      const { seeding, observe } = tools;
      const client = await seeding();
      const link = await asking(client);
      link.send(200, new Uint8Array(4));
      observe('message 200', (await staysOpen(tools, client, link)) ? 'ignored' : 'hung up on');
    },
  }),

  defineCase({
    id: 'bep3.wire.framing.reserved-id-not-negotiated',
    title: 'an extended message that was not negotiated does no harm',
    section,
    alternatives: { ignored: 'pass', closed: 'pass' },
    killedBy: { 'dies-of-unnegotiated': 'crash' },
    async run(tools) {
      const { seeding, outcome } = tools;
      const client = await seeding();
      const link = await client.dial();
      link.send(ids.extended, Uint8Array.of(0), Buffer.from('de'));
      const open = await staysOpen(tools, client, link);
      outcome(open ? 'ignored' : 'closed');
    },
  }),
];

/** Judged after somebody else was served: a dead program is no connection that was ended. */
async function staysOpen({ quiet }: Pick<Context, 'quiet'>, client: Client, link: PeerLink): Promise<boolean> {
  await quiet(
    () => [],
    () => client.answers(),
  );
  return link.isOpen;
}

async function hangsUp({ seeding }: { seeding(): Promise<Client> }, length: number): Promise<void> {
  const client = await seeding();
  const link = await client.dial();
  link.sendRaw(
    Buffer.concat([uint32(length), Uint8Array.of(ids.bitfield), new Uint8Array(64)]),
    `a length of ${length}`,
  );
  await link.closed(`the answer to a length of ${length}`);
  await client.answers();
}
