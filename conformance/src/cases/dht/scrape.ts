/** BEP 33: peers counted in filters, seeds apart from the others. */
import type { Case } from '../../case.ts';
import { bytesIn, peersIn } from '../../probe/dht/answer.ts';
import { filterHas, filterLength, filterOf } from '../../probe/dht/filter.ts';
import type { Message } from '../../probe/dht/krpc.ts';
import { crowd } from './crowd.ts';
import { defineCase, type Tools } from './define.ts';

const semantics = 'BEP 33, new GET_PEERS semantics';
const accounting = 'BEP 33, changed announce accounting';
const gate = 'bep33.scrape-fields';

export const scrape: readonly Case[] = [
  defineCase({
    id: 'bep33.scrape-fields',
    title: 'a scrape of a torrent with peers gets two filters of 256 bytes',
    section: semantics,
    killedBy: { 'short-filters': 'fail' },
    async run(tools) {
      const infoHash = tools.hash();
      await (await tools.dht.asker()).announce(infoHash, 4_242);
      const answer = await scraped(tools, infoHash);
      if (!answer.body.has('BFsd') && !answer.body.has('BFpe')) return tools.unsupported('it has no filters');
      for (const key of ['BFsd', 'BFpe']) tools.expect(bytesIn(answer, key).length, `bytes of ${key}`).is(filterLength);
    },
  }),

  defineCase({
    id: 'bep33.scrape-no-entries',
    title: 'a scrape of a torrent without peers gets an answer without filters',
    section: semantics,
    gate,
    killedBy: { 'zero-filters': 'non-strict' },
    async run(tools) {
      const answer = await scraped(tools, tools.hash());
      tools.expect(bytesIn(answer, 'token').length, 'bytes of the token').atLeast(1);
      for (const key of ['BFsd', 'BFpe']) tools.strictly(answer.body.has(key), `${key} in the answer`).is(false);
    },
  }),

  defineCase({
    id: 'bep33.bloom-vector',
    title: 'the filter of a hundred peers has just the bits of their addresses',
    section: 'BEP 33, Bloom filters',
    budget: 'normal',
    needs: ['second-address'],
    gate,
    killedBy: { 'bits-reversed': 'fail' },
    async run(tools) {
      const infoHash = tools.hash();
      const peers = await crowd(tools, infoHash, 100);
      const filter = bytesIn(await scraped(tools, infoHash), 'BFpe');
      tools.expect(filter, 'the filter of peers').is(filterOf(peers.map(({ ip }) => ip)));
    },
  }),

  defineCase({
    id: 'bep33.seed-flag',
    title: 'a peer that announces as a seed is counted among seeds alone',
    section: accounting,
    gate,
    killedBy: { 'ignores-seed': 'fail' },
    run: (tools) => counted(tools, [{ seed: 1 }], 'BFsd', 'BFpe'),
  }),

  defineCase({
    id: 'bep33.peer-default',
    title: 'a peer that does not say that it seeds is counted among the others alone',
    section: accounting,
    gate,
    killedBy: { 'all-seeds': 'fail' },
    run: (tools) => counted(tools, [{}], 'BFpe', 'BFsd'),
  }),

  defineCase({
    id: 'bep33.seed-flip',
    title: 'a peer that has become a seed is no longer counted among the others',
    section: accounting,
    gate,
    killedBy: { 'seed-flag-sticks': 'fail' },
    run: (tools) => counted(tools, [{ seed: 0 }, { seed: 1 }], 'BFsd', 'BFpe'),
  }),

  defineCase({
    id: 'bep33.noseed',
    title: 'whoever wants no seeds gets the other peers',
    section: semantics,
    needs: ['second-address'],
    gate,
    killedBy: { 'ignores-noseed': 'non-strict' },
    async run(tools) {
      const infoHash = tools.hash();
      await crowd(tools, infoHash, 3, { seed: 1 });
      const others = await crowd(tools, infoHash, 3);
      const answer = await (await tools.dht.asker()).ask('get_peers', { info_hash: infoHash, noseed: 1 });
      const ips = peersIn(answer).map(({ ip }) => ip);
      tools.expect(ips.toSorted(), 'addresses listed').is(others.map(({ ip }) => ip).toSorted());
    },
  }),

  defineCase({
    id: 'bep33.unique-by-ip',
    title: 'an address is stored once for a torrent, with the port that it announced last',
    section: accounting,
    gate,
    killedBy: { 'duplicates-peers': 'fail' },
    async run({ dht, hash, expect }) {
      const infoHash = hash();
      const peer = await dht.asker();
      for (const port of [4_242, 4_243, 4_244]) await peer.announce(infoHash, port);
      const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
      expect(peersIn(answer), 'peers listed').is([{ ip: peer.ip, port: 4_244 }]);
    },
  }),

  defineCase({
    id: 'bep33.size-cap',
    title: 'an answer with filters keeps below 1,024 bytes too',
    section: semantics,
    budget: 'normal',
    needs: ['second-address'],
    gate,
    killedBy: { fragments: 'fail' },
    async run(tools) {
      const infoHash = tools.hash();
      await crowd(tools, infoHash, 150);
      const answer = await scraped(tools, infoHash, { want: ['n4', 'n6'] });
      tools.expect(answer.length, 'bytes of the answer').atMost(1_024);
    },
  }),
];

async function scraped(
  { dht }: Tools,
  infoHash: Uint8Array,
  more: { readonly want?: readonly string[] } = {},
): Promise<Message> {
  return (await dht.asker()).ask('get_peers', { info_hash: infoHash, scrape: 1, ...more });
}

/** One peer announces like this, time after time; its address is in one filter and not in the other. */
async function counted(
  tools: Tools,
  announces: readonly { readonly seed?: number }[],
  wanted: string,
  unwanted: string,
): Promise<void> {
  const infoHash = tools.hash();
  const peer = await tools.dht.asker();
  for (const fields of announces) await peer.announce(infoHash, 4_242, { ...fields });
  const answer = await scraped(tools, infoHash);
  tools.expect(filterHas(bytesIn(answer, wanted), peer.ip), `its address is in ${wanted}`).is(true);
  tools.expect(filterHas(bytesIn(answer, unwanted), peer.ip), `its address is in ${unwanted}`).is(false);
}
