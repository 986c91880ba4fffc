/** BEP 9, magnet URI format: which torrent a link is about, and links that are about none. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { announcedTo, defineCase, hex, type MagnetTools, sound, trackedBy } from './define.ts';

const section = 'BEP 9, magnet URI format';

export const topics: readonly Case[] = [
  defineCase({
    id: 'magnet.xt-missing',
    title: 'a link without xt is about nothing, so no tracker is asked',
    section,
    killedBy: { 'announces-without-topic': 'fail', 'dies-of-no-topic': 'crash' },
    async run(tools) {
      const announced = await announcedFor(tools, ['dn=name']);
      tools.expect(announced, 'the info-hashes that are announced').is([]);
    },
  }),

  defineCase({
    id: 'magnet.xt-numbered',
    title: 'numbered topics are taken or not, and do no harm',
    section,
    alternatives: { all: 'pass', one: 'pass', none: 'pass', others: 'non-strict' },
    killedBy: { 'dies-of-numbered-topics': 'crash', 'announces-without-topic': 'non-strict' },
    async run(tools) {
      const hashes = [hex(tools.random.bytes(20)), hex(tools.random.bytes(20))];
      const announced = await announcedFor(tools, [`xt.1=urn:btih:${hashes[0]}&xt.2=urn:btih:${hashes[1]}`]);
      const known = announced.filter((each) => hashes.includes(each));
      if (known.length < announced.length) return tools.outcome('others');
      tools.outcome(known.length === 0 ? 'none' : known.length === 1 ? 'one' : 'all');
    },
  }),

  defineCase({
    id: 'magnet.btmh-bad-multihash',
    title: 'a multihash of another function, or of another length than it says, is no info-hash',
    section,
    killedBy: { 'any-multihash': 'non-strict', 'dies-of-short-multihash': 'crash' },
    async run(tools) {
      const { random } = tools;
      const bad = [`1114${hex(random.bytes(20))}`, `1220${hex(random.bytes(31))}`, `1220${hex(random.bytes(33))}`];
      const announced = await announcedFor(
        tools,
        bad.map((topic) => `xt=urn:btmh:${topic}`),
      );
      tools.expect(announced, 'the info-hashes that are announced').is([]);
    },
  }),
];

/** The info-hashes that the trackers of such links hear of, each once. A link may be refused; a crash is no refusal. */
async function announcedFor(tools: Context & MagnetTools, links: readonly string[]): Promise<readonly string[]> {
  const tracker = await tools.http();
  const sessions = await Promise.all(links.map((link) => tools.tryStart(`magnet:?${link}${trackedBy(tracker)}`)));
  await tools.meanwhile();
  for (const session of sessions) sound(tools, session);
  return announcedTo(tracker);
}
