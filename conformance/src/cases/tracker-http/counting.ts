/** BEP 3, trackers; BEP 21: who is counted as what, and how many are listed. */
import type { Case } from '../../case.ts';
import { type BencodedMap, latin1 } from '../../probe/bencode.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { filesOf } from '../../probe/http-tracker/probe.ts';
import { crowd } from './crowd.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';
const gate = 'bep48.single';

export const counting: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.completed-event',
    title: 'a peer that has completed is counted as a seed',
    section,
    gate,
    killedBy: { 'completed-not-counted': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const peer = tracker.peer();
      await peer.announce(hash);
      expect((await tracker.counts(hash)).complete, 'complete before').is(0);
      await peer.announce(hash, { left: 0, downloaded: 1_000, event: 'completed' });
      const { complete, incomplete } = await tracker.counts(hash);
      expect({ complete, incomplete }, 'counters of one seed').is({ complete: 1, incomplete: 0 });
    },
  }),

  defineCase({
    id: 'bep3.tracker.left-zero-is-seed',
    title: 'a peer with nothing left is counted as a seed',
    section,
    gate,
    killedBy: { 'seeds-as-leechers': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash, { left: 0 });
      const { complete, incomplete } = await tracker.counts(hash);
      expect({ complete, incomplete }, 'counters of one seed').is({ complete: 1, incomplete: 0 });
    },
  }),

  defineCase({
    id: 'bep3.tracker.seed-not-given-seeds',
    title: 'whether a seed is told of seeds',
    section,
    killedBy: { 'lists-seeds-to-seeds': 'info' },
    async run({ tracker, infoHash, observe }) {
      const hash = infoHash();
      const [first, second] = [tracker.peer(), tracker.peer()];
      await first.announce(hash, { left: 0 });
      const { peers } = await second.announce(hash, { left: 0 });
      observe('a seed is told of seeds', portsOf(peers).includes(first.port) ? 'yes' : 'no');
    },
  }),

  defineCase({
    id: 'bep3.tracker.numwant',
    title: 'no more peers are listed than are wanted',
    section,
    killedBy: { 'ignores-numwant': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await crowd(tracker, hash, 50);
      const { peers } = await tracker.peer().announce(hash, { numwant: 5 });
      expect(peers.length, 'peers listed for numwant=5').atMost(5);
    },
  }),

  defineCase({
    id: 'bep3.tracker.numwant-zero-negative-huge',
    title: 'wishes for no, less than no, and a billion peers are no trouble',
    section,
    killedBy: { 'dies-of-odd-numwant': 'crash' },
    async run({ tracker, infoHash, safely, observe }) {
      const hash = infoHash();
      await crowd(tracker, hash, 10);
      for (const numwant of [0, -1, 1_000_000_000]) {
        const { peers, failure } = await tracker.peer().tryAnnounce(hash, { numwant });
        observe(`numwant=${numwant}`, failure === undefined ? `${peers.length} peers` : 'refused');
        safely(peers.length, `peers listed for numwant=${numwant}`).atMost(20);
      }
    },
  }),

  defineCase({
    id: 'bep3.tracker.concurrent-announces',
    title: 'five hundred announces at once are all answered and all counted',
    section,
    gate,
    privateOnly: true,
    alone: true,
    budget: 'normal',
    killedBy: { 'loses-updates': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await crowd(tracker, hash, 500, 500);
      expect((await tracker.counts(hash)).incomplete, 'incomplete in the scrape').is(500);
    },
  }),

  defineCase({
    id: 'bep21.tracker-downloaders',
    title: 'a scrape that counts downloaders leaves partial seeds out of them',
    section: 'BEP 21, tracker scrapes',
    gate,
    killedBy: { 'paused-are-downloaders': 'fail' },
    async run({ tracker, infoHash, expect, unsupported }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      await tracker.peer().announce(hash, { event: 'paused' });
      const entry = filesOf(await tracker.scrape(hash)).get(latin1(hash)) as BencodedMap;
      const downloaders = entry.get('downloaders');
      if (downloaders === undefined) return unsupported('there are no downloaders in its scrapes');
      const counts = { incomplete: entry.get('incomplete'), downloaders };
      expect(counts, 'counters of one downloader and one partial seed').is({ incomplete: 2, downloaders: 1 });
    },
  }),
];
