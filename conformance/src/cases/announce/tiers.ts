/** BEP 12: which of many trackers are asked. */
import type { Case } from '../../case.ts';
import { type Answer, type Asked, listing } from '../../probe/announce/http-spy.ts';
import { errorReply } from '../../probe/announce/udp-spy.ts';
import { latin1 } from '../../probe/bencode.ts';
import { alive, defineCase } from './define.ts';

const section = 'BEP 12, order of processing';
const metadata = 'BEP 12, metadata extension';
/** Whoever shuffles three is wrongly blamed once in six thousand times, and a red case is asked again. */
const coldStarts = 8;
const refusal = (): Answer => ({ status: 503, body: new Uint8Array() });

export const tiers: readonly Case[] = [
  defineCase({
    id: 'bep12.announce-list-over-announce',
    title: 'where there is a list, announce is not looked at',
    section: metadata,
    killedBy: { 'announce-over-list': 'fail' },
    async run({ http, start, meanwhile, expect }) {
      const [alone, listed] = [await http(), await http()];
      const session = await start({ announce: alone.url, tiers: [[listed.url]] });
      await listed.asked.next();
      await meanwhile(session);
      expect(alone.asked.all.length, 'announces to announce').is(0);
    },
  }),
  defineCase({
    id: 'bep12.tier-order',
    title: 'while the first tier works the second is left alone',
    section,
    killedBy: { 'asks-everybody': 'non-strict' },
    async run({ http, start, meanwhile, expect }) {
      const [first, second] = [await http(), await http()];
      const session = await start({ announce: first.url, tiers: [[first.url], [second.url]] });
      await first.asked.next();
      await meanwhile(session);
      expect(second.asked.all.length, 'announces to the second tier').is(0);
    },
  }),
  defineCase({
    id: 'bep12.tier-fallback',
    title: 'where the first tier fails the second is asked',
    section,
    killedBy: { 'first-tier-only': 'fail' },
    async run({ http, start }) {
      const [first, second] = [await http(), await http()];
      first.answer = refusal;
      await start({ announce: first.url, tiers: [[first.url], [second.url]] });
      await second.asked.next();
    },
  }),
  defineCase({
    id: 'bep12.within-tier-fallback',
    title: 'where one tracker of a tier fails the others are asked',
    section,
    killedBy: { 'first-of-tier-only': 'fail' },
    async run({ http, start }) {
      const trackers = [await http(), await http()];
      // Whichever of them is asked first fails.
      let failed: string | undefined;
      for (const tracker of trackers) {
        tracker.answer = () => {
          failed ??= tracker.url;
          return failed === tracker.url ? refusal() : { body: Buffer.from('d8:intervali1800e5:peers0:e') };
        };
      }
      await start({ announce: trackers[0]!.url, tiers: [trackers.map(({ url }) => url)] });
      await Promise.all(trackers.map(({ asked }) => asked.next()));
    },
  }),
  defineCase({
    id: 'bep12.only-one-in-tier',
    title: 'of the trackers of a tier one is asked',
    section,
    killedBy: { 'asks-the-whole-tier': 'non-strict' },
    async run({ http, start, meanwhile, expect }) {
      const trackers = [await http(), await http()];
      const session = await start({ announce: trackers[0]!.url, tiers: [trackers.map(({ url }) => url)] });
      await Promise.race(trackers.map(({ asked }) => asked.next()));
      await meanwhile(session);
      expect(trackers.filter(({ asked }) => asked.all.length > 0).length, 'trackers that were asked').is(1);
    },
  }),
  defineCase({
    id: 'bep12.within-tier-shuffle',
    title: 'of the trackers of a tier it is not always the first of the list that is asked first',
    section,
    killedBy: { 'never-shuffles': 'non-strict' },
    async run({ http, start, torrent, strictly }) {
      const trackers = [await http(), await http(), await http()];
      const urls = trackers.map(({ url }) => url);
      let asked: string[] = [];
      for (const tracker of trackers) {
        tracker.answer = () => {
          asked.push(tracker.url);
          return listing([]);
        };
      }
      for (let round = 0; round < coldStarts; round++) {
        asked = [];
        const fixture = torrent();
        const session = await start({ fixture, announce: urls[0]!, tiers: [urls] });
        const hash = latin1(fixture.infoHash);
        const isIt = ({ query }: Asked) => query.get('info_hash') === hash;
        await Promise.race(trackers.map((tracker) => tracker.asked.next('', isIt)));
        const [first] = asked;
        await session.stop();
        if (first !== urls[0]) return;
      }
      strictly(coldStarts, 'starts in a row at which the first of three was asked first').is(0);
    },
  }),
  defineCase({
    id: 'bep12.unknown-scheme',
    title: 'a URL that nobody understands is passed over',
    section: metadata,
    killedBy: { 'dies-of-schemes': 'non-strict' },
    async run({ http, start }) {
      const tracker = await http();
      await start({ announce: tracker.url, tiers: [['foo://127.0.0.1/announce'], [tracker.url]] });
      await tracker.asked.next();
    },
  }),
  defineCase({
    id: 'bep12.empty-list',
    title: 'a list without a tracker is no list: announce is asked',
    section: metadata,
    killedBy: { 'empty-list-is-a-list': 'non-strict' },
    async run({ http, start }) {
      for (const tiers of [[], [[]]]) {
        const tracker = await http();
        await start({ announce: tracker.url, tiers });
        await tracker.asked.next();
      }
    },
  }),
  defineCase({
    id: 'bep12.malformed-list',
    title: 'a list of strings instead of tiers does no harm',
    section: metadata,
    killedBy: { 'dies-of-flat-lists': 'crash' },
    async run({ http, start, meanwhile }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url, tiers: [tracker.url] });
      await meanwhile(session);
      await alive(session);
    },
  }),
  defineCase({
    id: 'bep12.mixed-http-udp',
    title: 'tiers may be of different kinds',
    section: metadata,
    killedBy: { 'http-only': 'non-strict' },
    async run({ http, udp, start }) {
      const [first, second] = [await http(), await udp()];
      first.answer = refusal;
      // Both fail, so that it does not matter which kind is preferred.
      second.announce = ({ transaction }) => [errorReply(transaction, 'not now')];
      await start({ announce: first.url, tiers: [[first.url], [second.url]] });
      await first.asked.next();
      await second.announced();
    },
  }),
];
