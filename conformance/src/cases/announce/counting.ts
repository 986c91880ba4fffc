/** BEP 3, trackers: what a client counts, of what it began with, fetched and gave. BEP 27: trackers of private torrents. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { listing } from '../../probe/announce/http-spy.ts';
import { allPieces, dataWith, makeFixture } from '../../probe/wire/fixture.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { blockLength, ids } from '../../probe/wire/messages.ts';
import { requestBlock, upload } from '../../probe/wire/uploader.ts';
import { chokerMs } from '../wire/define.ts';
import { defineCase } from './define.ts';

export const counting: readonly Case[] = [
  defineCase({
    id: 'bep3.announce.left-after-resume',
    title: 'who has half of the pieces announces the other half as left',
    section: 'BEP 3, trackers',
    killedBy: { 'left-from-downloaded': 'fail' },
    async run({ http, start, random, expect }) {
      const [tracker, fixture] = [await http(), makeFixture(random, { pieces: 8 })];
      await start({ fixture, data: dataWith(fixture, [0, 2, 4, 6]), announce: tracker.url });
      const left = (await tracker.asked.next()).query.get('left');
      expect(left, 'left').is(String(fixture.data.length / 2));
    },
  }),
  defineCase({
    id: 'bep3.announce.left-after-corrupt',
    title: 'pieces that came with wrong bytes are left as before',
    section: 'BEP 3, trackers',
    killedBy: { 'counts-bad-pieces': 'fail' },
    async run({ http, start, torrent, peer, meanwhile, expect, unsupported }) {
      const [tracker, fixture] = [await http(), torrent()];
      const liar = await peer(207, fixture, false);
      tracker.answer = () => listing([liar.at]);
      const session = await start({ fixture, announce: tracker.url });
      const link = await liar.calls
        .next()
        .catch(() => unsupported('it does not call that peer, or not in plain words'));
      const given = upload(link, fixture, { answer: (_block, honest) => honest.map((byte) => byte ^ 0xff) });
      if (!(await link.settles(() => given.length > 0))) return unsupported('it fetches nothing from that peer');
      await meanwhile(session);
      await session.stop();
      const later = tracker.asked.all.slice(1).map(({ query }) => query.get('left'));
      if (later.length === 0) return unsupported('it does not announce a second time');
      for (const left of later) expect(left, 'left').is(String(fixture.data.length));
    },
  }),
  defineCase({
    id: 'bep3.announce.uploaded-counts',
    title: 'what was uploaded is counted',
    section: 'BEP 3, trackers',
    killedBy: { 'uploaded-is-zero': 'fail' },
    async run({ http, start, torrent, linked, target, patience, expect, unsupported }) {
      const [tracker, fixture] = [await http(), torrent()];
      const session = await start({ role: 'seeder', fixture, announce: tracker.url });
      await tracker.asked.next();
      const link = await linked(session);
      link.send(ids.interested);
      await link.next(ids.unchoke, undefined, target.advance === undefined ? chokerMs : patience.replyMs);
      for (const index of allPieces(fixture)) requestBlock(link, { index, begin: 0, length: blockLength });
      for (const _ of allPieces(fixture)) await link.next(ids.piece);
      await session.stop();
      const { query } = await tracker.event('stopped', 1_000).catch(() => unsupported('it does not say that it stops'));
      expect(Number(query.get('uploaded')), 'uploaded').atLeast(fixture.data.length);
    },
  }),
  defineCase({
    id: 'bep27.one-tracker-at-a-time',
    title: 'of the trackers of a private torrent only one is asked while it answers',
    section: 'BEP 27, multiple trackers',
    killedBy: { 'asks-everybody': 'fail' },
    async run({ http, start, random, meanwhile, expect }) {
      const [first, second] = [await http(), await http()];
      const fixture = makeFixture(random, { pieces: 2, info: { private: 1 } });
      const session = await start({ fixture, announce: first.url, tiers: [[first.url], [second.url]] });
      await first.asked.next();
      await meanwhile(session);
      expect(second.asked.all.length, 'announces to the second tracker').is(0);
    },
  }),
  defineCase({
    id: 'bep27.incoming-accepted',
    title:
      'for a private torrent a peer that the tracker never named may call, or may not: the text is about who is called',
    section: 'BEP 27, private torrents',
    killedBy: { 'refuses-strangers': 'info' },
    async run(tools) {
      const tracker = await tools.http();
      const fixture = makeFixture(tools.random, { pieces: 2, info: { private: 1 } });
      const known = await tools.peer(204, fixture, false);
      tracker.answer = () => listing([known.at]);
      const { running } = await tools.start({ fixture, announce: tracker.url });
      // From then on it is up, and knows whom its tracker names. Some call nobody on loopback.
      await known.calls.next().catch(() => undefined);
      const stranger = await PeerLink.dial(tools, running.at, ourAddress(205));
      stranger.greet({ infoHash: fixture.infoHash, peerId: Buffer.from('-FC0001-bbbbbbbbbbbb') });
      const taken = await stranger.settles(() => stranger.theirs !== undefined);
      tools.observe('a peer that the tracker never named', taken ? 'is taken' : 'is not taken');
    },
  }),
];
