/** BEP 3, trackers: what a client has left when it begins with a part. */
import type { Case } from '../../case.ts';
import { dataWith, makeFixture } from '../../probe/wire/fixture.ts';
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
    id: 'bep48.url-no-announce-segment',
    title: 'a tracker whose URL does not end with announce is not scraped',
    section: 'BEP 48, scrape URL',
    killedBy: { 'scrapes-anything': 'fail' },
    async run({ http, start, meanwhile, expect, unsupported }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url.replace('announce', 'a') });
      const asked = await tracker.asked.next().catch(() => undefined);
      if (asked === undefined) return unsupported('on loopback it asks no tracker with another path than announce');
      await meanwhile(session);
      expect(tracker.scrapes, 'scrapes').is(0);
    },
  }),
];
