/** BEP 11: what the others are told of a peer that came over uTP (BEP 29). */
import { randomAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { DatagramLink } from '../../probe/datagrams.ts';
import { UtpLink } from '../../probe/utp/link.ts';
import { describePacket } from '../../probe/utp/packets.ts';
import { ids, message, reservedWith, writeExtended, writeHandshake } from '../../probe/wire/messages.ts';
import { flagsOf, lists, tells, watcher } from '../wire-pex/define.ts';
import { defineCase } from './define.ts';

const utpFlag = 0x04;

export const exchange: readonly Case[] = [
  defineCase({
    id: 'bep11.flags-utp',
    title: 'the flag of uTP is set for a peer that called over uTP',
    section: 'BEP 11, protocol extension',
    budget: 'slow',
    killedBy: { 'pex-without-utp': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const told = await watcher(tools, client);
      const ip = randomAddress(tools.random);
      const datagrams = await DatagramLink.open(tools, client.running.at, describePacket, ip);
      // Over uTP a peer calls from the port that it listens at, so there is no doubt which one is told.
      const at = { ip, port: datagrams.port };
      const link = await UtpLink.connect(tools, client.running.at, { datagrams });
      link.data(writeHandshake(client.greeting({ reserved: reservedWith('extended', 'fast') })));
      await link.until('a handshake over uTP', () => link.handshake !== undefined);
      link.data(Buffer.concat([writeExtended(0, { m: {}, p: at.port }), message(ids.haveNone)]));
      const contacts = await tells(tools, told, 'that the peer is added', ({ added }) => lists(added, at));
      tools.expect(flagsOf(contacts, at.port) & utpFlag, 'the flag of uTP').is(utpFlag);
    },
  }),
];
