/** BEP 54: a peer says that it does not have a piece any more. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { Client } from '../../probe/wire/client.ts';
import { bitsOf, blockOf, hasBit, ids, message, uint32 } from '../../probe/wire/messages.ts';
import { requestsAmong, upload } from '../../probe/wire/uploader.ts';
import { chokerMs, defineCase } from '../wire/define.ts';
import { type ExtendedLink, extendedLink, needed } from '../wire/extended.ts';

const section = 'BEP 54';
const gate = 'bep54.advertise';
const offer = { m: { lt_donthave: 9 } };

export const dontHave: readonly Case[] = [
  defineCase({
    id: 'bep54.advertise',
    title: 'who understands lt_donthave offers it',
    section,
    killedBy: { 'no-donthave': 'unimplemented' },
    async run(tools) {
      const extended = await extendedLink(await tools.leeching(), offer);
      tools.observe('id', needed(tools, extended, 'lt_donthave'));
    },
  }),

  defineCase({
    id: 'bep54.receive',
    title: 'a piece that the peer does not have any more is not requested',
    section,
    gate,
    killedBy: { 'ignores-donthave': 'fail' },
    run: async (tools) => requestsOnlyTheOther(tools, await extendedLink(await tools.leeching(), offer)),
  }),

  defineCase({
    id: 'bep54.receive-cancels-nofast',
    title: 'what was requested of a piece that is gone is requested elsewhere',
    section,
    gate,
    killedBy: { 'waits-after-donthave': 'fail' },
    async run(tools) {
      const client = await tools.leeching(tools.torrent({ pieces: 1 }));
      const extended = await extendedLink(client, offer);
      upload(extended.link, client.fixture, { answer: () => undefined });
      await extended.link.next(ids.request);
      upload(await client.dial(), client.fixture);
      loses(tools, extended, uint32(0));
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep54.receive-fast-waits-reject',
    title: 'who speaks the fast extension waits for the reject of what it requested, and then requests it elsewhere',
    section: 'BEP 54, receiver operation; BEP 6, reject request',
    gate,
    killedBy: { 'asks-elsewhere-at-once': 'non-strict', 'forgets-rejected': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const losing = await extendedLink(client, offer, 'fast');
      if (!hasBit(losing.link.theirs!.reserved, 'fast'))
        return tools.unsupported('it does not speak the fast extension');
      // Most pieces are nowhere, so that it is not yet time to ask everybody for the last ones.
      upload(losing.link, client.fixture, { pieces: [0], answer: () => undefined });
      const block = blockOf(await losing.link.next(ids.request));
      loses(tools, losing, uint32(0));
      const other = await client.dial();
      const asked = upload(other, client.fixture, { pieces: [0, 1, 2] });
      await other.until('a request for another piece', () => asked.length >= 2, client.within(chokerMs));
      await soon(tools, client);
      const again = () => asked.some(({ index }) => index === block.index);
      tools.strictly(again(), 'whether it is requested twice').is(false);
      losing.link.send(ids.reject, block.index, block.begin, block.length);
      await other.until('a request for what was rejected', again, client.within(chokerMs));
    },
  }),

  defineCase({
    id: 'bep54.receive-unadvertised-sender',
    title: 'lt_donthave is taken from peers that do not offer it',
    section,
    gate,
    killedBy: { 'closes-on-unoffered-donthave': 'fail', 'ignores-donthave': 'fail' },
    run: async (tools) => requestsOnlyTheOther(tools, await extendedLink(await tools.leeching())),
  }),

  defineCase({
    id: 'bep54.out-of-range',
    title: 'lt_donthave of a piece that there is not does no harm',
    section,
    gate,
    killedBy: { 'dies-of-bad-donthave': 'crash' },
    run: (tools) => harmless(tools, uint32(0xffff_fff0)),
  }),

  defineCase({
    id: 'bep54.wrong-length',
    title: 'lt_donthave of three bytes does no harm',
    section,
    gate,
    killedBy: { 'dies-of-short-donthave': 'crash' },
    run: (tools) => harmless(tools, new Uint8Array(3)),
  }),

  defineCase({
    id: 'bep54.interest-updated',
    title: 'who has lost all that was wanted is not interesting any more',
    section: 'BEP 54, receiver operation; BEP 3, peer protocol',
    gate,
    killedBy: { 'donthave-keeps-interest': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const extended = await extendedLink(client, offer);
      extended.link.send(ids.bitfield, bitsOf([3], 8));
      await extended.link.next(ids.interested);
      loses(tools, extended, uint32(3));
      await extended.link.next(ids.notInterested);
    },
  }),
];

/** A peer with two pieces that loses one of them before it unchokes. */
async function requestsOnlyTheOther(tools: Context, extended: ExtendedLink): Promise<void> {
  const [client] = Client.of(tools);
  const { link } = extended;
  link.send(ids.bitfield, bitsOf([2, 3], 8));
  await link.next(ids.interested);
  loses(tools, extended, uint32(3));
  upload(link, client!.fixture, { silent: true });
  await link.next(ids.request);
  await soon(tools, client!);
  const indices = requestsAmong(link.all).map(({ index }) => index);
  tools.expect([...new Set(indices)], 'pieces requested').is([2]);
}

function loses(tools: Pick<Context, 'unsupported'>, extended: ExtendedLink, payload: Uint8Array): void {
  const id = needed(tools, extended, 'lt_donthave');
  extended.link.sendRaw(message(ids.extended, Uint8Array.of(id), payload), 'lt_donthave');
}

async function harmless(tools: Context & { leeching(): Promise<Client> }, payload: Uint8Array): Promise<void> {
  const client = await tools.leeching();
  const extended = await extendedLink(client, offer);
  extended.link.send(ids.bitfield, bitsOf([3], 8));
  loses(tools, extended, payload);
  await soon(tools, client);
}

/** A window has passed, and somebody else was answered. */
async function soon({ quiet }: Pick<Context, 'quiet'>, client: Client): Promise<void> {
  await quiet(
    () => [],
    () => client.answers(),
  );
}
