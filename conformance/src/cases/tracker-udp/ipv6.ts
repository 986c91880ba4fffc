/** BEP 15, IPv6: the same packets with longer addresses in the answer. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { defineCase6 } from './define.ts';

export const ipv6: readonly Case[] = [
  defineCase6({
    id: 'bep15.tracker.ipv6-stride',
    title: 'over IPv6 the answer keeps action 1 and lists peers in eighteen bytes each',
    section: 'BEP 15, IPv6',
    needs: ['ipv6'],
    killedBy: { 'action-4-over-ipv6': 'fail', 'short-stride-over-ipv6': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const first = await tracker.peer();
      await first.announce(hash);
      const reply = await (await tracker.peer()).announce(hash);
      expect((reply.length - 20) % 18, 'bytes after the last whole peer').is(0);
      expect(portsOf(reply.peers), 'ports of the listed peers').includes(first.port);
    },
  }),
];
