/** BEP 3, trackers: what a client says to an HTTP tracker. BEP 23: that it takes compact answers. */
import { createHash } from 'node:crypto';
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { listing } from '../../probe/announce/http-spy.ts';
import { fromLatin1, writeBencode } from '../../probe/bencode.ts';
import { type Fixture, makeFixture } from '../../probe/wire/fixture.ts';
import type { Random } from '../../random.ts';
import { alive, defineCase } from './define.ts';

const section = 'BEP 3, trackers';

export const requests: readonly Case[] = [
  defineCase({
    id: 'bep3.announce.info-hash-escaping',
    title: 'the info-hash is escaped byte by byte, whatever is in it',
    section,
    killedBy: { 'escapes-as-text': 'fail', 'leaves-plus': 'fail' },
    async run({ http, start, random, expect }) {
      const fixture = withOddHash(random);
      const tracker = await http();
      await start({ fixture, announce: tracker.url });
      const { raw, query } = await tracker.asked.next();
      expect(fromLatin1(query.get('info_hash') ?? ''), 'the info-hash').is(fixture.infoHash);
      expect(/info_hash=([^&]*)/.exec(raw)?.[1]?.includes('+'), 'whether there is a bare plus in it').is(false);
    },
  }),
  defineCase({
    id: 'bep3.announce.peer-id-length',
    title: 'the peer id has twenty bytes',
    section,
    killedBy: { 'hex-peer-id': 'fail' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: tracker.url });
      expect((await tracker.asked.next()).query.get('peer_id')?.length, 'bytes of the peer id').is(20);
    },
  }),
  defineCase({
    id: 'bep3.announce.peer-id-same-as-handshake',
    title: 'the peer id that is announced is the one of the handshake',
    section,
    killedBy: { 'another-peer-id': 'fail' },
    async run({ http, start, greeted, expect }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url });
      const announced = fromLatin1((await tracker.asked.next()).query.get('peer_id') ?? '');
      expect(new Uint8Array(await greeted(session)), 'the peer id of the handshake').is(announced);
    },
  }),
  defineCase({
    id: 'bep3.announce.peer-id-random-per-session',
    title: 'each start has a peer id of its own',
    section,
    killedBy: { 'constant-peer-id': 'fail' },
    async run({ http, start, expect }) {
      const ids: (string | undefined)[] = [];
      for (const _ of [1, 2]) {
        const tracker = await http();
        const session = await start({ announce: tracker.url });
        ids.push((await tracker.asked.next()).query.get('peer_id'));
        await session.stop();
      }
      expect(ids[1], 'the second peer id').isNot(ids[0]);
    },
  }),
  defineCase({
    id: 'bep3.announce.port-is-listening',
    title: 'the port that is announced takes peers',
    section,
    killedBy: { 'announces-another-port': 'fail' },
    async run({ http, start, greeted }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url });
      const port = Number((await tracker.asked.next()).query.get('port'));
      await greeted(session, { ip: ourAddress(), port });
    },
  }),
  defineCase({
    id: 'bep3.announce.counters-present',
    title: 'uploaded, downloaded and left are there, in decimal digits',
    section,
    killedBy: { 'no-left': 'fail' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: tracker.url });
      const { query } = await tracker.asked.next();
      for (const name of ['uploaded', 'downloaded', 'left']) {
        expect(query.get(name), name).satisfies('digits', /^\d+$/.test(query.get(name) ?? ''));
      }
    },
  }),
  defineCase({
    id: 'bep3.announce.left-at-start',
    title: 'who has nothing announces everything as left',
    section,
    killedBy: { 'left-is-zero': 'fail' },
    async run({ http, start, expect }) {
      const tracker = await http();
      const { fixture } = await start({ announce: tracker.url });
      expect((await tracker.asked.next()).query.get('left'), 'left').is(String(fixture.data.length));
    },
  }),
  defineCase({
    id: 'bep3.announce.left-seed',
    title: 'who has everything announces nothing as left',
    section,
    killedBy: { 'seed-has-left': 'fail' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ role: 'seeder', announce: tracker.url });
      expect((await tracker.asked.next()).query.get('left'), 'left').is('0');
    },
  }),
  defineCase({
    id: 'bep3.announce.event-started-first',
    title: 'the first announce says started',
    section,
    killedBy: { 'no-started': 'fail' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: tracker.url });
      expect((await tracker.asked.next()).query.get('event'), 'the event').is('started');
    },
  }),
  defineCase({
    id: 'bep3.announce.event-completed-once',
    title: 'who has fetched everything says completed, once',
    section,
    killedBy: { 'no-completed': 'fail', 'completed-twice': 'fail' },
    async run({ http, start, torrent, peer, expect }) {
      const [tracker, fixture] = [await http(), torrent()];
      const { at } = await peer(201, fixture);
      tracker.answer = () => listing([at]);
      const session = await start({ fixture, announce: tracker.url });
      await tracker.event('completed');
      await session.stop();
      const events = tracker.asked.all.map(({ query }) => query.get('event'));
      expect(events.filter((event) => event === 'completed').length, 'times that it said completed').is(1);
    },
  }),
  defineCase({
    id: 'bep3.announce.event-completed-not-on-seed',
    title: 'who starts with everything never says completed',
    section,
    killedBy: { 'seed-completes': 'fail' },
    async run({ http, start, meanwhile, expect }) {
      const tracker = await http();
      const session = await start({ role: 'seeder', announce: tracker.url });
      await tracker.asked.next();
      await meanwhile(session);
      await session.stop();
      expect(
        tracker.asked.all.map(({ query }) => query.get('event')),
        'the events',
      ).excludes('completed');
    },
  }),
  defineCase({
    id: 'bep3.announce.event-stopped',
    title: 'who stops says so before it ends',
    section,
    killedBy: { 'no-stopped': 'fail' },
    async run({ http, start, greeted }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url });
      await tracker.asked.next();
      await greeted(session);
      await session.stop();
      await tracker.event('stopped', 1_000);
    },
  }),
  defineCase({
    id: 'bep3.announce.downloaded-counts',
    title: 'what was downloaded is counted',
    section,
    killedBy: { 'downloaded-is-zero': 'non-strict' },
    async run({ http, start, torrent, peer, expect }) {
      const [tracker, fixture] = [await http(), torrent()];
      const { at } = await peer(202, fixture);
      tracker.answer = () => listing([at]);
      await start({ fixture, announce: tracker.url });
      const { query } = await tracker.event('completed');
      expect(query.get('downloaded'), 'downloaded').atLeast(fixture.data.length);
    },
  }),
  defineCase({
    id: 'bep3.announce.numwant-on-stop',
    title: 'who stops asks for no peers',
    section,
    killedBy: { 'wants-peers-when-stopping': 'non-strict' },
    async run({ http, start, greeted, expect }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url });
      await tracker.asked.next();
      await greeted(session);
      await session.stop();
      const { query } = await tracker.event('stopped', 1_000);
      expect(query.get('numwant'), 'numwant').oneOf([undefined, '0']);
    },
  }),
  defineCase({
    id: 'bep3.announce.tracker-id-echo',
    title: 'a tracker id is repeated in the next announce',
    section,
    killedBy: { 'forgets-tracker-id': 'non-strict' },
    async run({ http, start, torrent, peer, expect }) {
      const [tracker, fixture] = [await http(), torrent()];
      const { at } = await peer(203, fixture);
      tracker.answer = () => listing([at], { 'tracker id': 'id of the tracker' });
      await start({ fixture, announce: tracker.url });
      const { query } = await tracker.event('completed');
      expect(query.get('trackerid')?.replaceAll('+', ' '), 'trackerid').is('id of the tracker');
    },
  }),
  defineCase({
    id: 'bep3.announce.url-existing-query',
    title: 'a URL that has a query keeps it, and more is added with an ampersand',
    section,
    killedBy: { 'second-question-mark': 'non-strict' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: `${tracker.url}?passkey=abc` });
      const { raw, query } = await tracker.asked.next();
      expect(raw.split('?').length, 'parts between question marks').is(2);
      expect(query.get('passkey'), 'what was there').is('abc');
      expect(query.get('info_hash')?.length, 'bytes of the info-hash').is(20);
    },
  }),
  defineCase({
    id: 'bep3.announce.url-fragment-userinfo',
    title: 'a URL with a user name and a fragment does no harm',
    section,
    killedBy: { 'dies-of-userinfo': 'crash' },
    async run({ http, start, meanwhile }) {
      const tracker = await http();
      const session = await start({ announce: `${tracker.url.replace('//', '//u:p@')}#part` });
      await meanwhile(session);
      await alive(session);
    },
  }),
  defineCase({
    id: 'bep23.client-sends-compact',
    title: 'compact answers are asked for',
    section: 'BEP 23, compact announce',
    killedBy: { 'no-compact': 'non-strict' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: tracker.url });
      expect((await tracker.asked.next()).query.get('compact'), 'compact').is('1');
    },
  }),
];

/** A torrent whose info-hash has bytes that URLs, forms and text encodings treat in their own ways. */
function withOddHash(random: Random): Fixture {
  const fixture = makeFixture(random, { pieces: 1 });
  const { data, name, pieceLength } = fixture;
  const pieces = createHash('sha1').update(data).digest();
  for (let number = 0; ; number++) {
    const info = writeBencode({ length: data.length, name, 'piece length': pieceLength, pieces, 'x-number': number });
    const infoHash = new Uint8Array(createHash('sha1').update(info).digest());
    if ([0x25, 0x26, 0x2b].every((byte) => infoHash.includes(byte)) && infoHash.some((byte) => byte >= 0x80)) {
      return { ...fixture, info, infoHash };
    }
  }
}
