/** BEP 5, get_peers: tokens, peers and nodes. */
import type { Case } from '../../case.ts';
import { bytesIn, nodesIn, peersIn, rawValuesIn } from '../../probe/dht/answer.ts';
import { crowd } from './crowd.ts';
import { defineCase } from './define.ts';
import { refusal } from './refusal.ts';

const section = 'BEP 5, get_peers';
/** What fits an Ethernet frame behind the heads of IP and UDP, with something left for tunnels. */
const datagramMost = 1_400;

export const getPeers: readonly Case[] = [
  defineCase({
    id: 'bep5.get-peers.token-present',
    title: 'an answer has a token, a short string',
    section,
    killedBy: { 'empty-token': 'fail' },
    async run({ dht, hash, expect, strictly }) {
      const token = await (await dht.asker()).token(hash());
      expect(token.length, 'bytes of the token').atLeast(1);
      strictly(token.length, 'bytes of the token').atMost(64);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.no-peers-gives-nodes',
    title: 'for a torrent without peers the answer has nodes, and no values',
    section: 'BEP 5, overview; get_peers',
    killedBy: { 'no-nodes-in-get-peers': 'fail', 'empty-values': 'fail' },
    async run({ dht, hash, expect }) {
      const answer = await (await dht.asker()).ask('get_peers', { info_hash: hash() });
      expect(answer.body.has('nodes'), 'nodes in the answer').is(true);
      expect(answer.body.has('values'), 'values in the answer').is(false);
      nodesIn(answer);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.values-after-announce',
    title: 'who has announced a torrent is listed to those who ask for it',
    section,
    killedBy: { 'forgets-peers': 'fail' },
    async run({ dht, hash, expect }) {
      const infoHash = hash();
      const peer = await dht.asker();
      await peer.announce(infoHash, 4_242);
      const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
      expect(peersIn(answer), 'peers listed').includes({ ip: peer.ip, port: 4_242 });
      expect(bytesIn(answer, 'token').length, 'bytes of the token beside values').atLeast(1);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.values-is-list',
    title: 'peers are a list of strings of six bytes each',
    section: 'BEP 5, get_peers; contact encoding',
    needs: ['second-address'],
    killedBy: { 'joined-values': 'fail' },
    async run({ dht, hash, expect }) {
      const infoHash = hash();
      for (const port of [4_242, 4_243]) await (await dht.asker()).announce(infoHash, port);
      const values = rawValuesIn(await (await dht.asker()).ask('get_peers', { info_hash: infoHash }));
      expect(
        values.map(({ length }) => length),
        'bytes of each value',
      ).is([6, 6]);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.values-and-nodes',
    title: 'nodes are named even where there are peers, so that a lookup can go on',
    section: 'BEP 32, find_nodes and get_peers',
    killedBy: { 'values-only': 'non-strict' },
    async run({ dht, hash, expect }) {
      const infoHash = hash();
      await (await dht.asker()).announce(infoHash, 4_242);
      const { body } = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
      expect(body.has('values'), 'values in the answer').is(true);
      expect(body.has('nodes'), 'nodes in the answer').is(true);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.values-fit-mtu',
    title: 'however many peers there are, the answer fits one datagram that passes everywhere',
    section,
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { fragments: 'non-strict' },
    async run(tools) {
      const { dht, hash, expect, observe } = tools;
      const infoHash = hash();
      await crowd(tools, infoHash, 300);
      const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
      observe('peers listed', rawValuesIn(answer).length);
      expect(answer.length, 'bytes of the answer').atMost(datagramMost);
    },
  }),

  defineCase({
    id: 'bep5.get-peers.info-hash-short',
    title: 'an info-hash that is not of twenty bytes is refused with code 203',
    section: 'BEP 5, errors',
    killedBy: { 'pads-short-hashes': 'fail' },
    async run(tools) {
      await refusal(tools, { code: 203, method: 'get_peers', body: { info_hash: tools.hash().subarray(1) } });
    },
  }),

  defineCase({
    id: 'bep5.get-peers.token-per-ip',
    title: 'a token is good only for the address that it was given to',
    section: 'BEP 5, announce_peer',
    needs: ['second-address'],
    killedBy: { 'tokens-for-anybody': 'fail' },
    async run(tools) {
      const { dht, hash, expect } = tools;
      const infoHash = hash();
      const token = await (await dht.asker()).token(infoHash);
      const other = await dht.asker();
      const body = { info_hash: infoHash, port: 4_242, token };
      const meanwhile = async () => {
        const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
        expect(peersIn(answer), 'peers listed').is([]);
      };
      await refusal(tools, { code: 203, method: 'announce_peer', body, asker: other, meanwhile });
    },
  }),
];
