/** BEP 52, upgrade path: torrents that are described for both versions. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { Notebook } from '../../probe/announce/notebook.ts';
import { latin1 } from '../../probe/bencode.ts';
import { allPieces } from '../../probe/wire/fixture.ts';
import type { Fixture2, Fixture2Options } from '../../probe/wire/fixture-version2.ts';
import { giveHashes } from '../../probe/wire/hash-giver.ts';
import { blockLength, hasBit, ids, indexOf, piecesIn, reservedWith } from '../../probe/wire/messages.ts';
import { upload } from '../../probe/wire/uploader.ts';
import type { WireTools } from '../wire/define.ts';
import { defineCase, hex, torrent2 } from './define.ts';

const section = 'BEP 52, upgrade path';
const fetchMs = 25_000;

export const hybrid: readonly Case[] = [
  defineCase({
    id: 'bep52.wire.download-hybrid-v1-peer',
    title: 'a torrent of both versions is downloaded from a peer of version 1',
    section,
    killedBy: { 'second-hash-only': 'fail' },
    async run(tools) {
      const fixture = both(tools);
      const client = await tools.leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes(fetchMs);
    },
  }),

  defineCase({
    id: 'bep52.wire.hybrid-both-announced',
    title: 'a torrent of both versions is announced with both info-hashes',
    section,
    killedBy: { 'first-hash-only': 'non-strict' },
    async run(tools) {
      const fixture = both(tools);
      const announced = new Notebook<string>(tools, 'an announce');
      const announces = (infoHash: string) => announced.add(infoHash);
      await tools.leeching(fixture, { announces });
      await announced.next('of version 1', (each) => each === latin1(fixture.infoHash));
      await announced.next('of version 2', (each) => each === latin1(fixture.infoHash2));
    },
  }),

  defineCase({
    id: 'bep52.wire.hybrid-upgrade-bit',
    title: 'whether it says that it has version 2 when it calls with the info-hash of version 1',
    section,
    killedBy: { 'no-upgrade-bit': 'info' },
    async run(tools) {
      const fixture = both(tools);
      const call = await tools.awaiting();
      await tools.leeching(fixture, { peers: (each) => (each === latin1(fixture.infoHash) ? [call.at] : []) });
      const { reserved, infoHash } = await (await call.link()).handshake();
      tools.observe('it calls with the info-hash of', versionOf(fixture, infoHash));
      tools.observe('the bit', hasBit(reserved, 'version2') ? 'is set' : 'is not set');
    },
  }),

  defineCase({
    id: 'bep52.wire.hybrid-upgrade-accept',
    title: 'who says to have version 2 is answered with one of the two info-hashes',
    section,
    killedBy: { 'closes-on-upgrade-bit': 'non-strict' },
    async run(tools) {
      const fixture = both(tools);
      const client = await tools.leeching(fixture);
      const link = await client.dial({ reserved: reservedWith('version2') });
      const version = versionOf(fixture, link.theirs!.infoHash);
      tools.observe('it answers with the info-hash of', version);
      tools.expect(version, 'what its info-hash is of').oneOf(['version 1', 'version 2']);
    },
  }),

  defineCase({
    id: 'bep52.wire.download-hybrid-mismatch',
    title: 'where the two versions describe different data, pieces of one of them are taken, or none',
    section,
    killedBy: { 'either-hash-will-do': 'fail' },
    async run(tools) {
      const { ofVersion1, ofVersion2 } = await takenOfEach(tools);
      tools.observe('pieces of version 1, of version 2', `${ofVersion1}, ${ofVersion2}`);
      tools.expect(ofVersion1 > 0 && ofVersion2 > 0, 'whether it has pieces of both').is(false);
    },
  }),
];

function both(tools: Context, options: Fixture2Options = {}): Fixture2 {
  return torrent2(tools, { ...options, hybrid: true });
}

function versionOf({ infoHash, infoHash2 }: Fixture2, found: Uint8Array): string {
  const is = (each: Uint8Array) => hex(each) === hex(found);
  return is(infoHash) ? 'version 1' : is(infoHash2) ? 'version 2' : 'neither';
}

/** A peer of version 1 gives every other piece, one of version 2 those between: how many of each the client says it has. */
async function takenOfEach(tools: Context & WireTools): Promise<{ ofVersion1: number; ofVersion2: number }> {
  const files = [{ path: ['eight.bin'], length: 8 * 2 * blockLength - 777 }];
  const fixture = both(tools, { files, other: true });
  const client = await tools.leeching(fixture);
  const even = allPieces(fixture).filter((piece) => piece % 2 === 0);
  const odd = allPieces(fixture).filter((piece) => piece % 2 === 1);
  const first = await client.dial();
  const requests1 = upload(first, fixture, { pieces: even });
  const second = await client.open();
  second.greet(client.greeting({ infoHash: fixture.infoHash2 }));
  await second.settles(() => second.theirs !== undefined);
  giveHashes(second, fixture);
  const requests2 = upload(second, { ...fixture, data: fixture.data2 }, { pieces: odd });
  await first.settles(() => requests1.length >= 2 * even.length, client.within(10_000));
  await second.settles(() => requests2.length >= 2 * odd.length, client.within(5_000));
  await tools.quiet(
    () => [],
    () => client.open(),
  );
  // Who has seen that they differ may have given up the torrent, and says nothing about it any more.
  const asking = await client.open();
  asking.greet(client.greeting());
  await asking.settles(() => asking.all.length > 0);
  const said = [first, second, asking].flatMap(({ all }) =>
    all.flatMap((each) => {
      if (each.id === ids.have) return [indexOf(each)];
      return each.id === ids.bitfield ? piecesIn(each.payload) : [];
    }),
  );
  const count = (pieces: readonly number[]) => pieces.filter((piece) => said.includes(piece)).length;
  return { ofVersion1: count(even), ofVersion2: count(odd) };
}
