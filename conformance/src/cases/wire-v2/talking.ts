/** BEP 52, peer protocol: the handshake of version 2, and rejects as a part of the protocol. */
import type { Case } from '../../case.ts';
import { limits } from '../../limits.ts';
import { Client } from '../../probe/wire/client.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import { defineCase as define } from '../wire/define.ts';
import { leftWaiting } from '../wire-fast/choking.ts';
import { defineCase, gate, torrent2 } from './define.ts';

export const talking: readonly Case[] = [
  define({
    id: gate,
    title: 'a torrent of version 2 is known by the first twenty bytes of its SHA-256',
    section: 'BEP 52, infohash; peer protocol',
    killedBy: { 'zero-info-hash': 'fail', 'no-version-2': 'unimplemented' },
    async run(tools) {
      const fixture = torrent2(tools);
      // One that is slow is no reason to ask nothing more.
      const client = await Client.tryLaunch(tools, { role: 'seeder', fixture }, limits.startMs);
      if (client === undefined) return tools.unsupported('it does not take a torrent of version 2');
      const link = await client.dial();
      tools.expect(link.theirs!.infoHash, 'the info-hash of its handshake').is(fixture.infoHash2);
    },
  }),

  defineCase({
    id: 'bep52.wire.reject-after-choke',
    title: 'who is choked is told of each request that will not be served',
    section: 'BEP 52, peer messages: reject',
    // Many peers ask for much: too much beside others.
    alone: true,
    killedBy: { 'drops-queue-when-choking': 'fail' },
    async run(tools) {
      const files = [{ path: ['large.bin'], length: 20 * 64 * blockLength }];
      const left = await leftWaiting(tools, torrent2(tools, { files, pieceLength: 64 * blockLength }));
      tools.expect(left.length, 'requests that were neither served nor rejected').is(0);
    },
  }),
];
