/** BEP 9, magnet URI format, and BEP 52: links to torrents of version 2, and of both versions. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { type HttpSpy, listing } from '../../probe/announce/http-spy.ts';
import { fromLatin1 } from '../../probe/bencode.ts';
import { announcedTo, defineCase, hex, type MagnetTools, sound, trackedBy } from './define.ts';
import { onDisk } from './on-disk.ts';
import { makeSmallFile, type SmallFile } from './small-file.ts';

const section = 'BEP 9, magnet URI format; BEP 52, info-hash';
const gate = 'magnet.btmh';

export const versions: readonly Case[] = [
  defineCase({
    id: gate,
    title: 'an info-hash of version 2 is a SHA-256, whose first twenty bytes trackers and peers are told',
    section,
    killedBy: { 'no-btmh': 'unimplemented', 'cuts-the-beginning': 'fail' },
    async run(tools) {
      const file = makeSmallFile(tools.random, 'version 2');
      const seed = await tools.seed(file);
      const tracker = await tools.http();
      tracker.answer = () => listing([seed.at]);
      const session = await tools.tryStart(
        `magnet:?xt=urn:btmh:1220${hex(file.whole)}&dn=${file.name}${trackedBy(tracker)}`,
      );
      const asked = session === undefined ? undefined : await tracker.asked.next().catch(() => undefined);
      sound(tools, session);
      if (session === undefined || asked === undefined) return tools.unsupported('it takes no links of version 2');
      tools.expect(fromLatin1(asked.query.get('info_hash') ?? ''), 'the info-hash that is announced').is(file.cut);
      const { infoHash } = await (await seed.calls.next()).handshake();
      tools.expect(infoHash, 'the info-hash of its handshake').is(file.cut);
      await seed.metadata.next();
      await onDisk(tools, session, file, [0]);
    },
  }),

  defineCase({
    id: 'magnet.hybrid-both-xt',
    title: 'info-hashes of both versions are one torrent, in one swarm or in two',
    section,
    gate,
    alternatives: { 'in one swarm': 'pass', 'in both swarms': 'pass' },
    killedBy: { 'two-torrents': 'fail' },
    async run(tools) {
      const file = makeSmallFile(tools.random, 'both');
      const tracker = await bothSwarms(tools, file);
      const topics = `xt=urn:btih:${hex(file.infoHash)}&xt=urn:btmh:1220${hex(file.whole)}`;
      const session = await tools.start(`magnet:?${topics}&dn=${file.name}${trackedBy(tracker)}`);
      await tracker.asked.next();
      await tools.meanwhile();
      const hashes = announcedTo(tracker);
      const others = hashes.filter((each) => each !== hex(file.infoHash) && each !== hex(file.cut));
      tools.expect(others, 'other info-hashes that are announced').is([]);
      if (hashes.length === 1) return tools.outcome('in one swarm');
      // What one swarm knows and what the other has are enough for one torrent, and for two they are not.
      await onDisk(tools, session, file, [0]);
      tools.outcome('in both swarms');
    },
  }),
];

/** The peer in the swarm of version 1 has the metadata, the one in the swarm of version 2 has the data. */
async function bothSwarms(tools: Context & MagnetTools, file: SmallFile): Promise<HttpSpy> {
  const knows = await tools.seed(file, 9, { gives: 'metadata' });
  const has = await tools.seed(file, 10, { gives: 'data', infoHash: file.cut });
  const tracker = await tools.http();
  tracker.answer = ({ query }) => {
    const hash = hex(fromLatin1(query.get('info_hash') ?? ''));
    return listing([hash === hex(file.cut) ? has.at : knows.at]);
  };
  return tracker;
}
