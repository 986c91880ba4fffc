/** BEP 7: peers over IPv6. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { HttpTracker } from '../../probe/http-tracker/probe.ts';
import { defineCase6 } from './define.ts';

const section = 'BEP 7, announce response';

export const ipv6: readonly Case[] = [
  defineCase6({
    id: 'bep7.peers6-key',
    title: 'IPv6 peers in compact form stand in peers6, in eighteen bytes each',
    section,
    needs: ['ipv6'],
    killedBy: { 'ipv6-in-peers': 'non-strict' },
    async run({ tracker, infoHash, expect, unsupported }) {
      const hash = infoHash();
      const first = tracker.peer();
      await first.announce(hash);
      const { dictionary, form, peers, peers6 } = await tracker.peer().announce(hash);
      if (form === 'list' && portsOf(peers).includes(first.port)) return unsupported('it lists them in dictionaries');
      expect(peers, 'IPv4 peers of a swarm without any').is([]);
      const raw = dictionary.get('peers6');
      if (raw === undefined) return unsupported('there is no peers6 in its answers');
      expect(raw, 'peers6').satisfies(
        'a string of 18 bytes a peer',
        raw instanceof Uint8Array && raw.length % 18 === 0,
      );
      expect(portsOf(peers6), 'ports in peers6').includes(first.port);
    },
  }),

  defineCase6({
    id: 'bep7.peers-and-peers6',
    title: 'a peer of one family is told at least of those of its own',
    section,
    needs: ['ipv6'],
    killedBy: { 'hides-own-family': 'non-strict' },
    async run(tools) {
      const { target, tracker, infoHash, expect, observe, unsupported } = tools;
      if (target.endpoints.http === undefined) return unsupported('it has no IPv4 address');
      const tracker4 = new HttpTracker(tools, 'http');
      const hash = infoHash();
      const [old, young] = [tracker4.peer(), tracker.peer()];
      await old.announce(hash);
      await young.announce(hash);
      const { peers, peers6 } = await tracker4.peer().announce(hash);
      const ports = portsOf([...peers, ...peers6]);
      observe('an IPv4 peer is told of IPv6 peers', ports.includes(young.port) ? 'yes' : 'no');
      expect(portsOf(peers), 'ports in peers').includes(old.port);
    },
  }),

  defineCase6({
    id: 'bep7.v6-source-stored',
    title: 'a peer that announces over IPv6 is listed with its IPv6 address',
    section,
    needs: ['ipv6'],
    killedBy: { 'ipv6-as-mapped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const { localIp: ip } = await tracker.link();
      const first = tracker.peer();
      await first.announce(hash);
      const { peers, peers6 } = await tracker.peer().announce(hash);
      expect([...peers, ...peers6], 'the listed peers').includes({ ip, port: first.port });
    },
  }),
];
