/** BEP 3, peer protocol: when somebody who lacks pieces is interested, and in what; the have messages that tell him. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { bitsOf, ids, indexOf } from '../../probe/wire/messages.ts';
import { haveBytes, requestsAmong, upload } from '../../probe/wire/uploader.ts';
import { defineCase, told } from './define.ts';

const section = 'BEP 3, peer protocol';
const messages = 'BEP 3, peer messages';
const pieces = 8;

export const interest: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.state.starts-choked',
    title: 'nothing is requested before the first unchoke',
    section,
    killedBy: { 'requests-while-choked': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await client.dial();
      link.send(ids.bitfield, Uint8Array.of(0xff));
      await link.next(ids.interested);
      tools.expect(await heardSoon(tools, client, link, ids.request), 'requests while it is choked').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.interested-when-wanted',
    title: 'a peer with a piece that is missing is told of interest',
    section,
    killedBy: { 'never-interested': 'fail' },
    async run({ leeching }) {
      const link = await (await leeching()).dial();
      link.send(ids.bitfield, bitsOf([5], pieces));
      await link.next(ids.interested);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.not-interested-initially',
    title: 'a peer without pieces interests nobody',
    section,
    killedBy: { 'always-interested': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await client.dial();
      link.send(ids.bitfield, bitsOf([], pieces));
      tools.expect(await heardSoon(tools, client, link, ids.interested), 'interest in nothing').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.interested-on-have',
    title: 'a have of a missing piece raises interest',
    section,
    killedBy: { 'ignores-have': 'fail' },
    async run({ leeching }) {
      const link = await (await leeching()).dial();
      link.send(ids.bitfield, bitsOf([], pieces));
      link.send(ids.have, haveBytes(3));
      await link.next(ids.interested);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.not-interested-when-done',
    title: 'who got all that a peer has is not interested any more',
    section,
    killedBy: { 'stays-interested': 'fail' },
    async run({ leeching, expect }) {
      const client = await leeching();
      const link = await client.dial();
      upload(link, client.fixture, { pieces: [2] });
      await link.next(ids.interested);
      const over = () => link.heard.some(({ id }) => id === ids.notInterested);
      await link.settles(over);
      expect(over() || !link.isOpen, 'that it took back its interest, or closed').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.interest-updates-while-choked',
    title: 'interest is taken back from a peer that chokes, too',
    section,
    killedBy: { 'updates-interest-only-unchoked': 'fail' },
    async run({ leeching, expect }) {
      const client = await leeching();
      const choking = await client.dial();
      choking.send(ids.bitfield, bitsOf([2], pieces));
      await choking.next(ids.interested);
      const other = await client.dial();
      upload(other, client.fixture, { pieces: [2] });
      const over = () => choking.heard.some(({ id }) => id === ids.notInterested);
      await choking.settles(over);
      expect(over() || !choking.isOpen, 'that it took back its interest, or closed').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.missing-bitfield-accepted',
    title: 'a peer may begin with a have',
    section: messages,
    killedBy: { 'requires-bitfield': 'fail' },
    async run({ leeching, expect }) {
      const link = await (await leeching()).dial();
      link.send(ids.have, haveBytes(3));
      await link.next(ids.interested);
      expect(link.isOpen, 'the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.spare-bits-set',
    title: 'bits behind the last piece are no pieces',
    section: messages,
    alternatives: { closed: 'pass', ignored: 'pass', 'requested beyond the end': 'fail' },
    killedBy: { 'counts-spare-bits': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching(tools.torrent({ pieces: 11 }));
      const link = await client.dial();
      upload(link, client.fixture, { silent: true });
      link.send(ids.bitfield, Uint8Array.of(0, 0x1f));
      await heardSoon(tools, client, link, ids.notInterested);
      const beyond = requestsAmong(link.all).some(({ index }) => index > 10);
      tools.outcome(beyond ? 'requested beyond the end' : link.isOpen ? 'ignored' : 'closed');
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.late',
    title: 'a bitfield behind a have does no harm',
    section: messages,
    alternatives: { closed: 'pass', accepted: 'pass' },
    killedBy: { 'dies-of-late-bitfield': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await client.dial();
      link.send(ids.have, haveBytes(3));
      link.send(ids.bitfield, Uint8Array.of(0xf0));
      await heardSoon(tools, client, link, ids.request);
      tools.outcome(link.isOpen ? 'accepted' : 'closed');
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.second',
    title: 'a second bitfield does no harm',
    section: messages,
    alternatives: { closed: 'pass', accepted: 'pass' },
    killedBy: { 'dies-of-late-bitfield': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await client.dial();
      link.send(ids.bitfield, Uint8Array.of(0xf0));
      link.send(ids.bitfield, Uint8Array.of(0x0f));
      await heardSoon(tools, client, link, ids.request);
      tools.outcome(link.isOpen ? 'accepted' : 'closed');
    },
  }),

  defineCase({
    id: 'bep3.wire.have.after-verify',
    title: 'all peers are told of a piece that was verified',
    section,
    killedBy: { 'no-have': 'fail' },
    async run({ leeching, strictly }) {
      const client = await leeching();
      const other = await client.dial();
      other.send(ids.bitfield, bitsOf([], pieces));
      const giver = await client.dial();
      upload(giver, client.fixture, { pieces: [4] });
      for (const link of [other, giver]) {
        await told(link, 4);
        // A bitfield says it as well, but is only ever the first message.
        const haves = link.take(ids.have).map(indexOf);
        strictly(haves, 'the pieces in its haves').includes(4);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.have.not-before-hash',
    title: 'nobody is told of a piece whose hash is wrong',
    section,
    killedBy: { 'have-before-hash': 'fail', 'keeps-bad-data': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const other = await client.dial();
      other.send(ids.bitfield, bitsOf([], pieces));
      const liar = await client.dial();
      upload(liar, client.fixture, { pieces: [4], answer: (_block, honest) => honest.map((byte) => byte ^ 1) });
      await liar.next(ids.request);
      tools.expect(await heardSoon(tools, client, other, ids.have), 'haves of a piece that is wrong').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.have.index-out-of-range',
    title: 'a have of a piece that there is not does no harm',
    section: messages,
    killedBy: { 'dies-of-bad-have': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      for (const index of [pieces, 0xffff_ffff]) {
        const link = await client.dial();
        link.send(ids.have, haveBytes(index));
        const heard = await heardSoon(tools, client, link, ids.interested);
        tools.expect(heard, 'interest in a piece that there is not').is(0);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.have.duplicate',
    title: 'a have may come twice',
    section: messages,
    killedBy: { 'closes-on-duplicate-have': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await client.dial();
      for (let sent = 0; sent < 2; sent++) link.send(ids.have, haveBytes(3));
      await heardSoon(tools, client, link, ids.request);
      tools.expect(link.isOpen, 'the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.have.have-for-owned',
    title: 'a have of a piece that is here raises no interest',
    section: messages,
    killedBy: { 'interested-in-owned': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      upload(await client.dial(), client.fixture, { pieces: [1] });
      const other = await client.dial();
      other.send(ids.bitfield, bitsOf([], pieces));
      await told(other, 1);
      other.send(ids.have, haveBytes(1));
      tools.expect(await heardSoon(tools, client, other, ids.interested), 'interest in what it has').is(0);
    },
  }),
];

/** How many messages of a kind have come in the window, judged after somebody else was answered. */
async function heardSoon(
  { quiet }: Pick<Context, 'quiet'>,
  client: Client,
  link: PeerLink,
  id: number,
): Promise<number> {
  const heard = await quiet(
    () => link.take(id),
    () => client.answers(),
  );
  return heard.length;
}
