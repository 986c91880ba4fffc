/** BEP 15, UDP connections and spoofing: what a connection id is good for, and for whom. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { secondAddress } from '../../probe/endpoint.ts';
import { writeAnnounce } from '../../probe/udp-tracker/packets.ts';
import type { UdpTrackerLink } from '../../probe/udp-tracker/probe.ts';
import { defineCase, type UdpTools } from './define.ts';

const section = 'BEP 15, UDP connections and spoofing';
const refusals = { ignored: 'pass', error: 'pass', accepted: 'fail' } as const;

export const connectionId: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.connection-id-unguessable',
    title: 'connection ids are neither all the same nor counted up',
    section,
    needs: ['second-address'],
    killedBy: { 'constant-id': 'fail', 'sequential-ids': 'fail' },
    async run({ tracker, expect }) {
      const second = secondAddress(tracker.at.ip);
      const ids: bigint[] = [];
      for (let round = 0; round < 20; round++) {
        const ip = round % 2 === 1 ? second : undefined;
        ids.push((await tracker.peer(ip)).connection);
      }
      const ways = new Set(ids).size;
      if (second !== undefined) expect(ways, 'different ids for 20 connects from two addresses').atLeast(2);
      const steps = ids.slice(1).map((id, at) => id - ids[at]!);
      const small = steps.filter((step) => step !== 0n && step > -4_096n && step < 4_096n).length;
      expect(small, 'ids that are less than 4,096 from the one before').atMost(2);
    },
  }),

  defineCase({
    id: 'bep15.tracker.connection-id-reuse',
    title: 'one connection id is good for several requests',
    section,
    killedBy: { 'one-shot-ids': 'fail' },
    async run({ tracker, infoHash }) {
      const link = await tracker.peer();
      const hash = infoHash();
      for (let round = 0; round < 3; round++) await link.announce(hash);
      await link.scrape(hash);
    },
  }),

  defineCase({
    id: 'bep15.tracker.connection-id-lifetime',
    title: 'a connection id is good for two minutes',
    section,
    killedBy: { 'short-lived-ids': 'non-strict' },
    async run({ tracker, infoHash, elapse }) {
      const link = await tracker.peer();
      await elapse(115_000);
      await link.announce(infoHash());
    },
  }),

  defineCase({
    id: 'bep15.tracker.connection-id-expiry',
    title: 'a connection id of ten minutes ago is no longer good',
    section,
    alternatives: refusals,
    killedBy: { 'eternal-ids': 'non-strict' },
    async run(tools) {
      const link = await tools.tracker.peer();
      await tools.elapse(600_000);
      tools.outcome(await useOf(link, tools));
    },
  }),

  defineCase({
    id: 'bep15.tracker.connection-id-other-ip',
    title: 'a connection id is good for the address that it was given to, and for no other',
    section,
    privateOnly: true,
    needs: ['second-address'],
    alternatives: refusals,
    killedBy: { 'id-good-for-anybody': 'fail' },
    async run(tools) {
      const { tracker, unsupported, outcome } = tools;
      const second = secondAddress(tracker.at.ip);
      if (second === undefined) return unsupported('this machine has one address only on the way to the target');
      const owner = await tracker.peer();
      const other = await tracker.link(second);
      other.connection = owner.connection;
      outcome(await useOf(other, tools));
    },
  }),

  defineCase({
    id: 'bep15.tracker.bad-connection-id',
    title: 'an announce with an invented connection id is not accepted',
    section,
    alternatives: refusals,
    killedBy: { 'any-id': 'fail' },
    async run(tools) {
      const link = await tools.tracker.link();
      link.connection = 0x0bad_0bad_0bad_0badn;
      tools.outcome(await useOf(link, tools));
    },
  }),
];

/** What an announce with the link's connection id gives, judged after somebody else's connect was answered. */
async function useOf(link: UdpTrackerLink, { tracker, infoHash, quiet }: Context & UdpTools): Promise<string> {
  const transaction = link.transaction();
  link.datagrams.send(writeAnnounce(link.connection, transaction, link.announceOf(infoHash())));
  const replies = await quiet(
    () => link.replies(),
    () => tracker.peer(),
  );
  const [reply] = replies.filter((each) => each.transaction === transaction);
  return reply === undefined ? 'ignored' : reply.type === 'announce' ? 'accepted' : 'error';
}
