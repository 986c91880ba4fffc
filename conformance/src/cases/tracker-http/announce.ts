/** BEP 3, trackers: who is told of whom. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';

export const announce: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.returns-announced-peer',
    title: 'who announces is told of who announced before',
    section,
    killedBy: { 'forgets-peers': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const first = tracker.peer();
      await first.announce(hash);
      const { peers, peers6 } = await tracker.peer().announce(hash);
      expect(portsOf([...peers, ...peers6]), 'ports of the listed peers').includes(first.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.peer-endpoint-from-source',
    title: 'a peer that names no address is listed with the one that it came from',
    section,
    killedBy: { 'source-address-lost': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const { localIp: ip } = await tracker.link();
      const first = tracker.peer();
      await first.announce(hash);
      const { peers } = await tracker.peer().announce(hash);
      expect(peers, 'the listed peers').includes({ ip, port: first.port });
    },
  }),

  defineCase({
    id: 'bep3.tracker.excludes-requester',
    title: 'a peer is not listed to itself',
    section,
    killedBy: { 'lists-requester': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const only = tracker.peer();
      await only.announce(hash);
      const { peers } = await only.announce(hash, { event: undefined });
      expect(portsOf(peers), 'ports of the listed peers').excludes(only.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.stopped-removes',
    title: 'a peer that says it has stopped is listed no longer',
    section,
    killedBy: { 'keeps-stopped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const [first, second] = [tracker.peer(), tracker.peer()];
      await first.announce(hash);
      const before = await second.announce(hash);
      expect(portsOf(before.peers), 'ports before it stops').includes(first.port);
      await first.announce(hash, { event: 'stopped' });
      const after = await second.announce(hash, { event: undefined });
      expect(portsOf(after.peers), 'ports after it stopped').excludes(first.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.reannounce-updates-port',
    title: 'a peer that announces another port is listed with that one only',
    section,
    killedBy: { 'ghost-of-old-port': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const moving = tracker.peer();
      await moving.announce(hash);
      await moving.announce(hash, { port: moving.port + 1, event: undefined });
      const ports = portsOf((await tracker.peer().announce(hash)).peers);
      expect(ports, 'ports of the listed peers').includes(moving.port + 1);
      expect(ports, 'ports of the listed peers').excludes(moving.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.isolation',
    title: 'peers of one torrent are not listed for another',
    section,
    killedBy: { 'one-swarm': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const [hash, other] = [infoHash(), infoHash()];
      const [wanted, stranger] = [tracker.peer(), tracker.peer()];
      await wanted.announce(hash);
      await stranger.announce(other);
      const ports = portsOf((await tracker.peer().announce(hash)).peers);
      expect(ports, 'ports of the listed peers').includes(wanted.port);
      expect(ports, 'ports of the listed peers').excludes(stranger.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.peer-expiry',
    title: 'a peer that has been silent for more than two intervals is listed no longer',
    section,
    killedBy: { 'never-forgets': 'non-strict' },
    async run({ tracker, infoHash, elapse, expect }) {
      const hash = infoHash();
      const silent = tracker.peer();
      const { dictionary } = await silent.announce(hash);
      await elapse(2_000 * Number(dictionary.get('interval')) + 120_000);
      const { peers } = await tracker.peer().announce(hash);
      expect(portsOf(peers), 'ports of the listed peers').excludes(silent.port);
    },
  }),
];
