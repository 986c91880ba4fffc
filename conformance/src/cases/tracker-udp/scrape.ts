/** BEP 15, scrape: triples in the order of the request, whatever is known. */
import type { Case } from '../../case.ts';
import { events, writeScrape } from '../../probe/udp-tracker/packets.ts';
import { defineCase } from './define.ts';

const section = 'BEP 15, scrape';
const nothing = { seeders: 0, completed: 0, leechers: 0 };

export const scrape: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.scrape-one',
    title: 'a scrape of one info-hash gets seeders, completed downloads and leechers, in this order',
    section,
    killedBy: { 'scrape-counters-swapped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const seed = await tracker.peer();
      await seed.announce(hash);
      await seed.announce(hash, { left: 0, event: events.completed });
      for (let leecher = 0; leecher < 2; leecher++) await (await tracker.peer()).announce(hash);
      const reply = await seed.scrape(hash);
      expect(reply.length, 'bytes of the answer').is(20);
      const { seeders, leechers } = reply.files[0]!;
      expect({ seeders, leechers }, 'counters of one seed and two leechers').is({ seeders: 1, leechers: 2 });
    },
  }),

  defineCase({
    id: 'bep15.tracker.scrape-many',
    title: 'a scrape of 74 info-hashes gets 74 triples in their order',
    section,
    killedBy: { 'truncates-scrapes': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hashes = Array.from({ length: 74 }, () => infoHash());
      const link = await tracker.peer();
      await link.announce(hashes[73]!, { left: 0 });
      for (const known of [20, 21, 22]) await link.announce(hashes[known]!);
      const { files } = await link.scrape(...hashes);
      expect(files.length, 'triples').is(74);
      expect(files[73]?.seeders, 'seeders of the last').is(1);
      const leechers = files.flatMap((each, at) => (each.leechers > 0 ? [at] : []));
      expect(leechers, 'places with leechers').is([20, 21, 22]);
    },
  }),

  defineCase({
    id: 'bep15.tracker.scrape-unknown',
    title: 'an unknown info-hash gets zeros in its place',
    section,
    killedBy: { 'omits-unknown-hashes': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const [first, unknown, last] = [infoHash(), infoHash(), infoHash()];
      const link = await tracker.peer();
      await link.announce(first);
      await link.announce(last, { left: 0 });
      const { files } = await link.scrape(first, unknown, last);
      expect(files[1], 'the triple of the unknown one').is(nothing);
      expect(files[2]?.seeders, 'seeders of the one after it').is(1);
    },
  }),

  defineCase({
    id: 'bep15.tracker.scrape-over-limit',
    title: 'a scrape of a hundred info-hashes is no trouble',
    section,
    alternatives: { 'answered in part': 'pass', 'answered in full': 'pass', error: 'pass', ignored: 'pass' },
    killedBy: { 'dies-of-long-scrapes': 'crash' },
    async run({ tracker, infoHash, quiet, safely, outcome }) {
      const link = await tracker.peer();
      link.datagrams.send(
        writeScrape(
          link.connection,
          link.transaction(),
          Array.from({ length: 100 }, () => infoHash()),
        ),
      );
      const [reply] = await quiet(
        () => link.replies(),
        () => tracker.peer(),
      );
      if (reply === undefined) return outcome('ignored');
      safely(reply.length, 'bytes of the answer').atMost(8 + 12 * 100);
      if (reply.type !== 'scrape') return outcome('error');
      outcome(reply.files.length < 100 ? 'answered in part' : 'answered in full');
    },
  }),
];
