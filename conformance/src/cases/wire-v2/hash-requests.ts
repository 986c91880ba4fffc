/** BEP 52, peer messages: requests for hashes that are as they have to be. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { pieceLayerOf } from '../../probe/files/merkle.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { Fixture2, HashedFile } from '../../probe/wire/fixture-version2.ts';
import { type HashRange, hashesFor, rangeLength, rangeMessage, reached, uncleCount } from '../../probe/wire/hashes.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { ids } from '../../probe/wire/messages.ts';
import { requestBlock } from '../../probe/wire/uploader.ts';
import { asking, firstBlock, type WireTools } from '../wire/define.ts';
import {
  defineCase,
  hex,
  largest,
  type Reaction,
  rangeOf,
  reactionTo,
  requesting as section,
  torrent2,
} from './define.ts';

export const hashRequests: readonly Case[] = [
  defineCase({
    id: 'bep52.wire.hash-request-answered',
    title: 'a request for the hashes of blocks gets them, or a reject',
    section,
    killedBy: { 'silent-about-hashes': 'fail' },
    async run(tools) {
      const { client, link, file } = await seed(tools);
      for (const length of [2, 4, 8, 16]) {
        const range = rangeOf(file, { length, index: 16 - length });
        const { how } = await reactionTo(client, link, range);
        tools.expect(how, `what a request for ${length} hashes gets`).oneOf(['served', 'rejected']);
      }
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-correct',
    title: 'the hashes that it gives lead to the root',
    section,
    killedBy: { 'uncles-turned': 'fail' },
    async run(tools) {
      const { expect, unsupported } = tools;
      const given = await allServed(tools);
      for (const { file, range, reaction } of given) {
        const { base, index, length } = range;
        const what = `${index}+${length} of layer ${base}`;
        expect(reaction.payload.subarray(0, rangeLength), `the range of the answer to ${what}`).is(headOf(range));
        expect(hex(reached(range, reaction.hashes)), `where the hashes ${what} lead to`).is(hex(file.root));
      }
      if (given.length === 0) return unsupported('it rejects all requests for hashes');
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-proof-omission',
    title: 'a proof leaves out what follows from the hashes themselves',
    section,
    killedBy: { 'all-uncles': 'fail' },
    async run(tools) {
      const given = await allServed(tools);
      for (const { range, reaction } of given) {
        const { base, length, proofs } = range;
        const what = `hashes for ${length} of layer ${base} with ${proofs} layers of proof`;
        tools.expect(reaction.hashes.length, what).is(length + uncleCount(range));
      }
      if (given.length === 0) return tools.unsupported('it rejects all requests for hashes');
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-piece-layer',
    title: 'the hashes of pieces are served',
    section,
    killedBy: { 'leaves-only': 'fail' },
    async run(tools) {
      const { client, link, fixture, file } = await seed(tools);
      const base = pieceLayerOf(fixture.pieceLength);
      for (const wanted of [
        { index: 0, length: 8, proofs: 0 },
        { index: 4, length: 4 },
      ]) {
        const range = rangeOf(file, { base, ...wanted });
        const { how, hashes } = await reactionTo(client, link, range);
        tools.expect(how, `what a request for ${wanted.length} hashes of pieces gets`).is('served');
        tools
          .expect(hashes.map(hex), 'the hashes of the pieces, and their proof')
          .is(hashesFor(file.layers, range).map(hex));
      }
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-choked',
    title: 'a peer that is choked is answered, too',
    section,
    killedBy: { 'hashes-need-unchoke': 'fail' },
    async run(tools) {
      const { client, fixture, file } = await seed(tools);
      const link = await chokedLink(tools, client);
      if (link === undefined) return tools.unsupported(`it chokes none of ${crowd} that are not interested`);
      const base = pieceLayerOf(fixture.pieceLength);
      const { how } = await reactionTo(client, link, rangeOf(file, { base, length: 4 }));
      tools.expect(how, 'what a request gets while we are choked').oneOf(['served', 'rejected']);
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-reject-echo',
    title: 'a reject says what it is about in the words of the request',
    section: 'BEP 52, peer messages: hash reject',
    killedBy: { 'empty-hash-reject': 'fail' },
    async run(tools) {
      const { client, fixture, file } = await seed(tools);
      const root = tools.random.bytes(32);
      const odd = [{ root }, { base: 1, index: 2, length: 4 }, { length: 3 }, { length: 1_024 }];
      let rejects = 0;
      for (const wanted of odd) {
        const link = await client.dial();
        const range = rangeOf(file, wanted);
        const { how, payload } = await reactionTo(client, link, range);
        link.close();
        if (how !== 'rejected') continue;
        rejects++;
        tools.expect(hex(payload), 'the payload of the reject').is(hex(headOf(range)));
      }
      if (rejects === 0) return tools.unsupported(`it rejects none of ${odd.length} odd requests for ${fixture.name}`);
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-not-rejected-after-chunk',
    title: 'the hashes of a block that it has just served are not refused',
    section,
    killedBy: { 'rejects-leaves': 'fail' },
    async run(tools) {
      const fixture = torrent2(tools);
      const client = await tools.seeding(fixture);
      const link = await asking(client);
      requestBlock(link, firstBlock);
      const { how } = await reactionTo(client, link, rangeOf(largest(fixture), { length: 2 }));
      await link.next(ids.piece);
      tools.expect(how, 'what the request behind the one for the block gets').is('served');
    },
  }),
];

/** More than any program gives a turn at once: some let everybody ask who comes, interested or not. */
const crowd = 12;

async function chokedLink({ quiet }: Context, client: Client): Promise<PeerLink | undefined> {
  const links: PeerLink[] = [];
  for (let each = 0; each < crowd; each++) {
    const link = await client.dial();
    links.push(link);
    const unchokes = await quiet(
      () => link.all.filter(({ id }) => id === ids.unchoke),
      () => link.handshake(),
    );
    if (unchokes.length === 0 && link.isOpen) return link;
  }
  return undefined;
}

interface Seed {
  readonly fixture: Fixture2;
  readonly file: HashedFile;
  readonly client: Client;
  readonly link: PeerLink;
}

async function seed(tools: Context & WireTools): Promise<Seed> {
  const fixture = torrent2(tools);
  const client = await tools.seeding(fixture);
  return { fixture, client, file: largest(fixture), link: await client.dial() };
}

interface Given {
  readonly file: HashedFile;
  readonly range: HashRange;
  readonly reaction: Reaction;
}

/** Ranges of blocks and of pieces, of two files, with proofs up to the root and shorter ones; of these the ones that are served. */
async function allServed(tools: Context & WireTools): Promise<readonly Given[]> {
  const { client, link, fixture, file } = await seed(tools);
  const base = pieceLayerOf(fixture.pieceLength);
  const ranges = [
    ...[2, 4, 8, 16].map((length) => rangeOf(file, { length, index: 16 - length })),
    ...[2, 4, 8].map((length) => rangeOf(file, { base, length, index: length === 2 ? 2 : 8 - length })),
  ];
  const given: Given[] = [];
  for (const range of ranges) {
    const reaction = await reactionTo(client, link, range);
    if (reaction.how === 'served') given.push({ file, range, reaction });
  }
  return given;
}

/** What each message about a range begins with. */
function headOf(range: HashRange): Uint8Array {
  return new Uint8Array(rangeMessage(ids.hashes, range).subarray(5));
}
