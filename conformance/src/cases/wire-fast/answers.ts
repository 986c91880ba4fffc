/** BEP 6: every request gets one answer, and only requests get any. */
import type { Case } from '../../case.ts';
import { bytesOf } from '../../probe/wire/fixture.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { type Block, blockLength, blockOf, carriedBy, ids } from '../../probe/wire/messages.ts';
import { keyOf, requestBlock, sendBlock, upload } from '../../probe/wire/uploader.ts';
import { defineCase, firstBlock, unchoked } from '../wire/define.ts';
import { fastLink, gate } from './define.ts';

const section = 'BEP 6, reject request';

export const answers: readonly Case[] = [
  defineCase({
    id: 'bep6.one-response-per-request',
    title: 'each request gets one block or one reject, cancelled or not',
    section: 'BEP 6',
    gate,
    killedBy: { 'answers-twice': 'fail', 'drops-requests': 'fail' },
    async run({ torrent, seeding, quiet, expect }) {
      const client = await seeding(torrent({ pieces: 60 }));
      const link = await fastLink(client);
      await unchoked(client, link);
      const blocks = Array.from({ length: 60 }, (_, index): Block => ({ ...firstBlock, index }));
      // One that is not served anyhow.
      blocks.push({ index: 0, begin: 1, length: blockLength });
      for (const block of blocks) requestBlock(link, block);
      for (const block of blocks.filter((_, at) => at % 3 === 0))
        link.send(ids.cancel, block.index, block.begin, block.length);
      await link.settles(() => answersOn(link).length >= blocks.length);
      await quiet(
        () => [],
        () => client.answers(),
      );
      if (!link.isOpen) return;
      const ledger = answersOn(link).map(keyOf).sort();
      expect(ledger, 'what was answered').is(blocks.map(keyOf).sort());
    },
  }),

  defineCase({
    id: 'bep6.cancel-gets-answer',
    title: 'a request that was cancelled is answered too',
    section: 'BEP 6',
    gate,
    killedBy: { 'cancel-is-silent': 'non-strict' },
    async run({ torrent, seeding, quiet, expect }) {
      const client = await seeding(torrent({ pieces: 24, pieceLength: 1_048_576 }));
      const link = await fastLink(client);
      await unchoked(client, link);
      // We do not read, so that requests are still waiting when the cancels come.
      link.pause();
      const all = Array.from({ length: 1_400 }, (_, at) => at);
      const blocks = all.map((at) => ({ index: at >> 6, begin: (at & 63) * blockLength, length: blockLength }));
      for (const block of blocks) requestBlock(link, block);
      const last = blocks.at(-1)!;
      link.send(ids.cancel, last.index, last.begin, last.length);
      await quiet(
        () => [],
        () => client.answers(),
      );
      link.resume();
      const answered = () => answersOn(link).some((block) => keyOf(block) === keyOf(last));
      await link.settles(answered, client.within(20_000));
      expect(answered(), 'that the cancelled request was answered').is(true);
    },
  }),

  defineCase({
    id: 'bep6.request-while-choked',
    title: 'a request of a choked peer is rejected',
    section,
    gate,
    killedBy: { 'drops-requests': 'non-strict' },
    async run({ torrent, seeding, observe }) {
      const client = await seeding(torrent({ pieces: 60 }));
      const link = await fastLink(client);
      await link.until('word of its pieces', () => link.all.length > 0);
      // Beyond what may be asked for while choked.
      for (let index = 0; index < 40; index++) requestBlock(link, { ...firstBlock, index });
      await link.until('forty answers', () => answersOn(link).length >= 40);
      observe('rejects', link.take(ids.reject).length);
    },
  }),

  defineCase({
    id: 'bep6.request-invalid',
    title: 'a request for a piece that there is not is rejected, or ends the connection',
    section,
    gate,
    killedBy: { 'drops-requests': 'non-strict' },
    async run({ seeding, expect }) {
      const client = await seeding();
      const link = await fastLink(client);
      await unchoked(client, link);
      requestBlock(link, { ...firstBlock, index: 8 });
      const rejected = () => link.heard.some(({ id }) => id === ids.reject);
      await link.settles(rejected);
      expect(rejected() || !link.isOpen, 'that it was rejected, or the connection ended').is(true);
      await client.answers();
    },
  }),

  defineCase({
    id: 'bep6.unrequested-piece-closes',
    title: 'a block that was never requested ends the connection',
    section: 'BEP 6',
    gate,
    killedBy: { 'keeps-unrequested': 'non-strict' },
    async run({ leeching }) {
      const client = await leeching();
      const link = await fastLink(client);
      sendBlock(link, firstBlock, bytesOf(client.fixture, 0, 0, blockLength));
      await link.closed('the answer to a block that was never requested');
    },
  }),

  defineCase({
    id: 'bep6.reject-unsent',
    title: 'a reject of what was never requested ends the connection',
    section,
    gate,
    alternatives: { closed: 'pass', ignored: 'non-strict' },
    killedBy: { 'dies-of-stray-reject': 'crash', 'keeps-stray-rejects': 'non-strict' },
    async run({ leeching, quiet, outcome }) {
      const client = await leeching();
      const link = await fastLink(client);
      link.send(ids.reject, 0, 0, blockLength);
      await quiet(
        () => [],
        () => client.answers(),
      );
      outcome(link.isOpen ? 'ignored' : 'closed');
    },
  }),

  defineCase({
    id: 'bep6.reject-frees-request',
    title: 'what one peer rejects is asked of another',
    section,
    gate,
    killedBy: { 'forgets-rejected': 'fail' },
    async run({ leeching }) {
      const client = await leeching();
      const rejecting = await fastLink(client, ids.haveAll);
      rejecting.on((message) => {
        if (message.id === ids.request) rejecting.send(ids.reject, message.payload);
      });
      rejecting.send(ids.unchoke);
      await rejecting.next(ids.request);
      upload(await client.dial(), client.fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep6.choke-not-implicit-reject',
    title: 'blocks that come behind a choke are taken, and not requested again',
    section: 'BEP 6',
    gate,
    killedBy: { 'choke-is-reject': 'fail' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent({ pieces: 2 }));
      const { fixture } = client;
      const link = await fastLink(client, ids.haveAll);
      const seen = upload(link, fixture, { silent: true, answer: () => undefined });
      await link.until('two requests', () => seen.length >= 2);
      link.send(ids.choke);
      await client.answers();
      for (const block of seen) {
        sendBlock(link, block, bytesOf(fixture, block.index, block.begin, block.length));
      }
      link.send(ids.unchoke);
      await client.completes();
      expect(seen.map(keyOf).sort(), 'all requests').is([...new Set(seen.map(keyOf))].sort());
    },
  }),
];

/** Blocks and rejects. */
function answersOn(link: PeerLink): readonly Block[] {
  return link.all.flatMap((message) => {
    if (message.id === ids.reject) return [blockOf(message)];
    if (message.id !== ids.piece) return [];
    const { index, begin, length } = carriedBy(message);
    return [{ index, begin, length }];
  });
}
