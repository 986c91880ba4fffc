/** BEP 5, announce_peer: what is stored, and for whom. */
import type { Case } from '../../case.ts';
import { bytesIn, peersIn } from '../../probe/dht/answer.ts';
import { hex, writeQuery } from '../../probe/dht/krpc.ts';
import type { Endpoint } from '../../target/target.ts';
import { defineCase, type Tools } from './define.ts';
import { answerTo } from './reaction.ts';
import { refusal } from './refusal.ts';

const section = 'BEP 5, announce_peer';

export const announce: readonly Case[] = [
  defineCase({
    id: 'bep5.announce-peer.good-token',
    title: 'an announce with a token that was just given is answered with the id of the node',
    section,
    killedBy: { 'announce-without-id': 'fail' },
    async run({ dht, hash, expect }) {
      const peer = await dht.asker();
      const own = bytesIn(await peer.ask('ping'), 'id');
      const answer = await peer.announce(hash(), 4_242);
      expect(hex(bytesIn(answer, 'id')), 'the id in the answer').is(hex(own));
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.bad-token',
    title: 'an announce with a token that was never given is refused, and nothing is stored',
    section,
    killedBy: { 'any-token': 'fail' },
    run: (tools) => notStored(tools, { token: tools.random.bytes(8) }),
  }),

  defineCase({
    id: 'bep5.announce-peer.missing-token',
    title: 'an announce without a token is refused, and nothing is stored',
    section,
    killedBy: { 'token-optional': 'fail' },
    run: (tools) => notStored(tools, {}),
  }),

  defineCase({
    id: 'bep5.announce-peer.token-other-hash',
    title: 'a token that was given for one torrent is, or is not, good for another',
    section,
    killedBy: { 'tokens-per-hash': 'info' },
    async run({ dht, hash, observe }) {
      const peer = await dht.asker();
      const token = await peer.token(hash());
      const answer = await peer.tryAsk('announce_peer', { info_hash: hash(), port: 4_242, token });
      observe('a token of another torrent is', answer.type === 'error' ? 'refused' : 'taken');
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.port-stored',
    title: 'a peer is listed with the port that it announces',
    section,
    killedBy: { 'stores-udp-port': 'fail' },
    async run(tools) {
      const { peer, listed } = await announced(tools, { port: 4_242 });
      tools.expect(listed, 'peers listed').is([{ ip: peer.ip, port: 4_242 }]);
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.implied-port',
    title: 'with implied_port a peer is listed with the port that its packet came from',
    section,
    killedBy: { 'ignores-implied-port': 'fail' },
    async run(tools) {
      const { peer, listed } = await announced(tools, { port: 1, implied_port: 1 });
      tools.expect(listed, 'peers listed').is([peer]);
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.implied-port-zero',
    title: 'an implied_port of 0 is none',
    section,
    killedBy: { 'implied-port-by-presence': 'fail' },
    async run(tools) {
      const { peer, listed } = await announced(tools, { port: 4_242, implied_port: 0 });
      tools.expect(listed, 'peers listed').is([{ ip: peer.ip, port: 4_242 }]);
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.port-out-of-range',
    title: 'a port that is none is not stored',
    section,
    killedBy: { 'stores-any-port': 'non-strict' },
    async run(tools) {
      const { dht, hash, expect } = tools;
      for (const port of [0, 65_536, -1, 65_536 + 4_242]) {
        const infoHash = hash();
        const peer = await dht.asker();
        const body = { id: peer.id, info_hash: infoHash, port, token: await peer.token(infoHash) };
        await answerTo(peer, writeQuery(peer.transaction(), 'announce_peer', body), tools);
        const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
        expect(peersIn(answer), `peers listed after an announce of port ${port}`).is([]);
      }
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.address-is-source',
    title: 'a peer is listed with the address that its packet came from, whatever it says',
    section,
    killedBy: { 'trusts-ip-argument': 'fail' },
    async run(tools) {
      const { peer, listed } = await announced(tools, { port: 4_242, ip: '10.1.2.3' });
      tools.expect(listed, 'peers listed').is([{ ip: peer.ip, port: 4_242 }]);
    },
  }),

  defineCase({
    id: 'bep5.announce-peer.reannounce-no-duplicates',
    title: 'a peer that announces again is still listed once',
    section,
    killedBy: { 'duplicates-peers': 'non-strict' },
    async run({ dht, hash, expect }) {
      const infoHash = hash();
      const peer = await dht.asker();
      for (let time = 0; time < 3; time++) await peer.announce(infoHash, 4_242);
      const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
      expect(peersIn(answer), 'peers listed').is([{ ip: peer.ip, port: 4_242 }]);
    },
  }),
];

async function announced(
  { dht, hash }: Tools,
  fields: { readonly port: number; readonly [more: string]: number | string },
): Promise<{ readonly peer: Endpoint; readonly listed: readonly Endpoint[] }> {
  const infoHash = hash();
  const peer = await dht.asker();
  await peer.announce(infoHash, fields.port, fields);
  const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
  return { peer: peer.at, listed: peersIn(answer) };
}

async function notStored(tools: Tools, token: { readonly token?: Uint8Array }): Promise<void> {
  const { dht, hash, expect } = tools;
  const infoHash = hash();
  const body = { info_hash: infoHash, port: 4_242, ...token };
  const meanwhile = async () => {
    const answer = await (await dht.asker()).ask('get_peers', { info_hash: infoHash });
    expect(peersIn(answer), 'peers listed').is([]);
  };
  await refusal(tools, { code: 203, method: 'announce_peer', body, meanwhile });
}
