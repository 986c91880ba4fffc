/** BEP 6, allowed fast and suggest piece: advice about what to ask for. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import { canonicalSet } from '../../probe/wire/fast-set.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { bitsOf, ids, indexOf } from '../../probe/wire/messages.ts';
import { haveBytes, requestBlock, requestsAmong } from '../../probe/wire/uploader.ts';
import { defineCase, firstBlock } from '../wire/define.ts';
import { fastLink, gate } from './define.ts';

const section = 'BEP 6, allowed fast';

export const allowed: readonly Case[] = [
  defineCase({
    id: 'bep6.allowed-fast-request',
    title: 'an allowed piece may be asked for while choked',
    section,
    gate,
    killedBy: { 'no-allowed-fast-requests': 'info' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await fastLink(client, ids.haveAll);
      link.send(ids.allowedFast, haveBytes(3));
      const indices = await requestedSoon(tools, client, link);
      tools.observe('allowed pieces are asked for while choked', indices.includes(3));
      tools
        .expect(
          indices.filter((index) => index !== 3),
          'other pieces asked for',
        )
        .is([]);
    },
  }),

  defineCase({
    id: 'bep6.allowed-fast-not-have',
    title: 'an allowed piece that the peer does not have is not asked for',
    section,
    gate,
    killedBy: { 'asks-allowed-fast-unavailable': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const link = await fastLink(client, 'nothing');
      link.send(ids.bitfield, bitsOf([5], 8));
      link.send(ids.allowedFast, haveBytes(3));
      tools.expect(await requestedSoon(tools, client, link), 'pieces asked for').excludes(3);
    },
  }),

  defineCase({
    id: 'bep6.allowed-fast-served',
    title: 'a piece that was allowed is served while choked',
    section,
    gate,
    killedBy: { 'rejects-own-offer': 'non-strict' },
    async run({ seeding, unsupported }) {
      const client = await seeding();
      const link = await fastLink(client);
      const offered = () => link.heard.find(({ id }) => id === ids.allowedFast);
      await link.settles(() => offered() !== undefined);
      const offer = offered();
      if (offer === undefined) return unsupported('it allows no pieces');
      requestBlock(link, { ...firstBlock, index: indexOf(offer) });
      await link.next(ids.piece);
    },
  }),

  defineCase({
    id: 'bep6.allowed-fast-canonical-set',
    title: 'the pieces that are allowed are those that follow from the address and the info-hash',
    section: 'BEP 6, allowed fast set generation',
    gate,
    killedBy: { 'odd-fast-set': 'fail' },
    async run(tools) {
      const client = await tools.seeding(tools.torrent({ pieces: 200 }));
      const link = await fastLink(client);
      const indices = await allowedSoon(tools, client, link);
      const { infoHash, pieceCount } = client.fixture;
      const canonical = canonicalSet(link.ip, infoHash, pieceCount, indices.length);
      tools.observe('pieces allowed', indices.length);
      const ascending = (pieces: readonly number[]) => [...pieces].sort((a, b) => a - b);
      tools.expect(ascending(indices), 'the pieces allowed').is(ascending(canonical));
    },
  }),

  defineCase({
    id: 'bep6.allowed-fast-small-torrent',
    title: 'in a torrent of three pieces no more than three are allowed, each once',
    section: 'BEP 6, allowed fast set generation',
    gate,
    killedBy: { 'repeats-fast-set': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding(tools.torrent({ pieces: 3 }));
      const indices = await allowedSoon(tools, client, await fastLink(client));
      tools.expect(indices.length, 'pieces allowed').is(new Set(indices).size);
    },
  }),

  suggestion('bep6.suggest-tolerated', 'a suggestion does no harm', 2),
  suggestion('bep6.suggest-out-of-range', 'a suggestion of a piece that there is not does no harm', 0x8000_0000),
];

function suggestion(id: string, title: string, piece: number): Case {
  return defineCase({
    id,
    title,
    section: 'BEP 6, suggest piece',
    gate,
    killedBy: { 'dies-of-suggestions': 'crash' },
    async run({ leeching, quiet }) {
      const client = await leeching();
      const link = await fastLink(client, ids.haveAll);
      link.send(ids.suggest, haveBytes(piece));
      await quiet(
        () => [],
        () => client.answers(),
      );
    },
  });
}

async function requestedSoon(
  { quiet }: Pick<Context, 'quiet'>,
  client: Client,
  link: PeerLink,
): Promise<readonly number[]> {
  await quiet(
    () => [],
    () => client.answers(),
  );
  return requestsAmong(link.all).map(({ index }) => index);
}

async function allowedSoon(
  { quiet, unsupported }: Pick<Context, 'quiet' | 'unsupported'>,
  client: Client,
  link: PeerLink,
): Promise<readonly number[]> {
  const heard = await quiet(
    () => link.take(ids.allowedFast),
    () => client.answers(),
  );
  if (heard.length === 0) return unsupported('it allows no pieces');
  return heard.map(indexOf);
}
