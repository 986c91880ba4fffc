/** BEP 15, announce: the layout of the reply and who is in it. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { events } from '../../probe/udp-tracker/packets.ts';
import { defineCase } from './define.ts';

const section = 'BEP 15, announce';

export const announce: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.announce',
    title: 'an announce gets action 1, an interval, two counters, and peers of six bytes',
    section,
    killedBy: { 'little-endian': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const link = await tracker.peer();
      const reply = await link.announce(infoHash());
      expect((reply.length - 20) % 6, 'bytes after the last whole peer').is(0);
      expect(reply.interval, 'seconds until the next announce').atMost(86_400 * 7);
      expect(reply.leechers, 'leechers in a new swarm with one').is(1);
      expect(reply.seeders, 'seeders in a new swarm without one').is(0);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-counters-order',
    title: 'leechers are counted at byte 12, seeders at byte 16',
    section,
    killedBy: { 'announce-counters-swapped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await (await tracker.peer()).announce(hash, { left: 0 });
      await (await tracker.peer()).announce(hash);
      const reply = await (await tracker.peer()).announce(hash);
      const { leechers, seeders } = reply;
      expect({ leechers, seeders }, 'counters of a swarm of one seed and two leechers').is({ leechers: 2, seeders: 1 });
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-lists-peer',
    title: 'who announces is told of who announced before',
    section,
    killedBy: { 'forgets-peers': 'fail', 'source-address-lost': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const first = await tracker.peer();
      await first.announce(hash);
      const { peers } = await (await tracker.peer()).announce(hash);
      expect(portsOf(peers), 'ports of the listed peers').includes(first.port);
      const unset = peers.filter(({ ip }) => ip === '0.0.0.0');
      expect(unset, 'peers without an address').is([]);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-port',
    title: 'a peer is listed with the port that it announces, not with the one that its packet came from',
    section,
    killedBy: { 'lists-udp-port': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const first = await tracker.peer();
      await first.announce(hash, { port: 4_242 });
      const { peers } = await (await tracker.peer()).announce(hash);
      expect(portsOf(peers), 'ports of the listed peers').includes(4_242);
      expect(portsOf(peers), 'ports of the listed peers').excludes(first.datagrams.port);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-ip-field',
    title: 'a public stranger named in the address field is not listed',
    section,
    alternatives: { 'source used': 'pass', refused: 'pass', 'stranger listed': 'fail' },
    killedBy: { 'trusts-address-parameter': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      const hash = infoHash();
      const liar = await tracker.peer();
      const claimed = await liar.tryAnnounce(hash, { ip: Uint8Array.of(198, 51, 100, 7) });
      if (claimed.type === 'error') return outcome('refused');
      const { peers } = await (await tracker.peer()).announce(hash);
      outcome(peers.some(({ ip }) => ip === '198.51.100.7') ? 'stranger listed' : 'source used');
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-left-zero',
    title: 'a peer with nothing left is counted as a seeder',
    section,
    killedBy: { 'seeds-as-leechers': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await (await tracker.peer()).announce(hash, { left: 0 });
      const { seeders } = await (await tracker.peer()).announce(hash);
      expect(seeders, 'seeders of a swarm with one').is(1);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-event-stopped',
    title: 'a peer that says it has stopped is listed no longer',
    section,
    killedBy: { 'keeps-stopped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const first = await tracker.peer();
      const second = await tracker.peer();
      await first.announce(hash);
      const before = await second.announce(hash);
      expect(portsOf(before.peers), 'ports before it stops').includes(first.port);
      await first.announce(hash, { event: events.stopped });
      const after = await second.announce(hash, { event: events.none });
      expect(portsOf(after.peers), 'ports after it stopped').excludes(first.port);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-event-completed',
    title: 'a completed download is counted',
    section,
    killedBy: { 'completed-not-counted': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const link = await tracker.peer();
      await link.announce(hash);
      await link.announce(hash, { left: 0, downloaded: 1_000, event: events.completed });
      const { files } = await link.scrape(hash);
      expect(files[0]?.completed, 'completed downloads').is(1);
    },
  }),

  defineCase({
    id: 'bep15.tracker.big-endian',
    title: 'numbers are written with the big end first',
    section: 'BEP 15, UDP tracker protocol',
    killedBy: { 'little-endian': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const { interval, leechers } = await (await tracker.peer()).announce(infoHash());
      expect(interval, 'seconds until the next announce').atLeast(1);
      expect(interval, 'seconds until the next announce').atMost(86_400 * 7);
      expect(leechers, 'leechers in a swarm of one').atMost(1);
    },
  }),
];
