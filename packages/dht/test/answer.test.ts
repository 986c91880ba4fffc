/** What a node answers (BEP 5, DHT queries; 32; 33; 42; 43; 51). */
import { Id20, toHex, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { decodeContacts, limits, ScrapeFilter } from '../src/index.ts';
import { compact, local, Talk } from './talk.ts';

const hash = Id20.from('ab'.repeat(20)).bytes;
const ids = (nodes: Uint8Array | undefined, family: 4 | 6 = 4) =>
  decodeContacts(nodes!, family, 50).map(({ id }) => id.hex);

/** Announces as a peer would: asks for a token first. */
function announce(talk: Talk, from = local(1), body = {}): number | undefined {
  const { token } = talk.body('get_peers', { infoHash: hash }, from);
  return talk.error('announce_peer', { infoHash: hash, port: 4242, token, ...body }, from);
}

test('BEP 5: a ping is answered with our id, always the same', () => {
  const talk = new Talk();
  for (let i = 0; i < 3; i++) expect(talk.body('ping', {}).id).toEqual(talk.dht.id().bytes);
});

for (const transaction of [[], [0], [0, 255], [1, 2, 3, 4], Array.from({ length: 16 }, (_, i) => i)]) {
  test(`BEP 5: a transaction id of ${transaction.length} bytes comes back as it is`, () => {
    const bytes = Uint8Array.from(transaction);
    expect(new Talk().ask('ping', {}, { transaction: bytes })?.message.transaction).toEqual(bytes);
  });
}

test('BEP 42: an answer, also an error, tells the asker its address', () => {
  const talk = new Talk();
  const address = Uint8Array.of(10, 0, 1, 1, 26, 225);
  expect(talk.ask('ping', {})?.message).toMatchObject({ type: 'response', address });
  expect(talk.ask('find_node', {})?.message).toMatchObject({ type: 'error', address });
  const from = { ...local(1), address: { ip: '2001:db8::1', port: 80 } };
  const seen = talk.ask('ping', {}, { from })?.message as { address: Uint8Array };
  expect(toHex(seen.address)).toBe('20010db8000000000000000000000001' + '0050');
});

test('BEP 5: answers say which program they are from', () => {
  expect(new Talk().ask('ping', {})?.message.version).toHaveLength(4);
});

test('BEP 5: find_node gives the eight nearest nodes, the target itself among them, and never ourselves', () => {
  const talk = new Talk();
  for (let i = 0; i < 30; i++) talk.meet(local(i * 8));
  const nodes = ids(talk.body('find_node', { target: local(232).id.bytes }).nodes);
  expect(nodes).toHaveLength(8);
  expect(nodes).toContain(local(232).id.hex);
  expect(ids(talk.body('find_node', { target: talk.dht.id().bytes }).nodes)).not.toContain(talk.dht.id().hex);
});

test('BEP 5: an empty table gives an empty list of nodes', () => {
  expect(new Talk().body('find_node', { target: hash }).nodes).toEqual(new Uint8Array(0));
});

test('BEP 5: get_peers of an unknown torrent gives nodes and a token', () => {
  const talk = new Talk();
  talk.meet(local(7));
  const body = talk.body('get_peers', { infoHash: hash });
  expect(body.values).toBeUndefined();
  expect(body.token).toHaveLength(8);
  expect(ids(body.nodes)).toEqual([local(7).id.hex]);
});

test('BEP 5: who announced is among the peers, at the port it said', () => {
  const talk = new Talk();
  expect(announce(talk)).toBeUndefined();
  const body = talk.body('get_peers', { infoHash: hash }, local(2));
  expect(body.values?.map(toHex)).toEqual(['0a000101' + '1092']);
  expect(body.nodes).toBeDefined();
});

test('BEP 5: with implied_port it is the port that the datagram came from', () => {
  const talk = new Talk();
  announce(talk, local(1, 1, 7_777), { impliedPort: true, port: 1 });
  announce(talk, local(2, 1, 7_777), { impliedPort: false, port: 4_242 });
  const ports = talk.body('get_peers', { infoHash: hash }).values?.map((value) => value[4]! * 256 + value[5]!);
  expect(ports?.sort()).toEqual([4_242, 7_777]);
});

for (const port of [0, 65_536, -1, undefined]) {
  test(`BEP 5: port ${port} is refused: 203`, () => {
    const talk = new Talk();
    expect(announce(talk, local(1), { port })).toBe(203);
    expect(talk.dht.stored.peers).toBe(0);
  });
}

test('BEP 5: announcing again does not make two of one', () => {
  const talk = new Talk();
  for (let i = 0; i < 3; i++) announce(talk);
  expect(talk.body('get_peers', { infoHash: hash }).values).toHaveLength(1);
});

test('BEP 5: a peer that does not come back is forgotten', () => {
  const talk = new Talk();
  announce(talk);
  talk.wait(limits.peerMs + limits.housekeepingMs);
  expect(talk.body('get_peers', { infoHash: hash }).values).toBeUndefined();
  expect(talk.dht.stored).toEqual({ peers: 0, torrents: 0, items: 0 });
});

const incomplete: readonly (readonly [method: string, body: object])[] = [
  ['ping', { id: undefined }],
  ['find_node', {}],
  ['find_node', { target: hash.subarray(1) }],
  ['get_peers', {}],
  ['get_peers', { infoHash: hash.subarray(1) }],
  ['announce_peer', { port: 1, token: utf8('12345678') }],
  ['get', {}],
  ['put', { v: utf8('i1e') }],
  ['sample_infohashes', {}],
];

for (const [method, body] of incomplete) {
  test(`BEP 5, errors: ${method} with ${Object.keys(body).join(', ') || 'nothing'} is incomplete: 203`, () => {
    expect(new Talk().error(method, body)).toBe(203);
  });
}

test('BEP 5, errors: an unknown method is 204; with a target it is answered like find_node', () => {
  const talk = new Talk();
  talk.meet(local(7));
  expect(talk.error('foo', {})).toBe(204);
  expect(ids(talk.body('foo', { target: hash }).nodes)).toEqual([local(7).id.hex]);
});

/** Knows one node of each family. */
function both(): Talk {
  const talk = new Talk();
  talk.meet(local(7), { id: local(8).id, address: { ip: 'fd00::8', port: 1 } });
  return talk;
}
const overIpv6 = { id: local(9).id, address: { ip: 'fd00::9', port: 1 } };

test('BEP 32: without want the nodes are of the family of the question', () => {
  const talk = both();
  const v4 = talk.body('find_node', { target: hash });
  expect([ids(v4.nodes), v4.nodes6]).toEqual([[local(7).id.hex], undefined]);
  const v6 = talk.body('find_node', { target: hash }, overIpv6);
  expect([v6.nodes, ids(v6.nodes6, 6)]).toEqual([undefined, [local(8).id.hex]]);
});

test('BEP 32: want says which nodes are in the answer', () => {
  const talk = both();
  for (const want of [[4], [6], [4, 6]] as const) {
    const { nodes, nodes6 } = talk.body('get_peers', { infoHash: hash, want });
    expect([nodes !== undefined, nodes6 !== undefined]).toEqual([want.includes(4 as never), want.includes(6 as never)]);
  }
});

test('BEP 32: peers of one network are not told in the other', () => {
  const talk = new Talk();
  announce(talk);
  announce(talk, overIpv6);
  expect(talk.body('get_peers', { infoHash: hash, want: [4, 6] }).values?.map((value) => value.length)).toEqual([6]);
  expect(talk.body('get_peers', { infoHash: hash }, overIpv6).values?.map((value) => value.length)).toEqual([18]);
});

test('BEP 32: no datagram is longer than 1,024 bytes, however much there is', () => {
  const talk = both();
  for (let i = 0; i < 30; i++)
    talk.meet(local(i * 8, 2), { id: local(i * 8, 3).id, address: { ip: `fd00:${i}::8`, port: 1 } });
  for (let i = 0; i < 400; i++) announce(talk, local(i & 255, 5 + (i >> 8)));
  for (const from of [local(1), overIpv6]) {
    talk.body('ping', {}, from);
    const { token } = talk.body('get_peers', { infoHash: hash }, from);
    expect(talk.error('announce_peer', { infoHash: hash, port: 9, token }, from)).toBeUndefined();
    for (const want of [[4], [6], [4, 6]] as const) {
      for (const scrape of [true, false]) {
        const answer = talk.ask(
          'get_peers',
          { infoHash: hash, want, scrape },
          { from, transaction: new Uint8Array(20) },
        )!;
        expect(answer.length).toBeLessThanOrEqual(1_024);
        expect(answer.length).toBeGreaterThan(from === overIpv6 ? 300 : 700);
      }
    }
  }
});

test('BEP 33: a scrape gives two filters, with seeds and others apart', () => {
  const talk = new Talk();
  announce(talk, local(1), { seed: true });
  announce(talk, local(2));
  announce(talk, local(3));
  announce(talk, local(3), { seed: true });
  const body = talk.body('get_peers', { infoHash: hash, scrape: true });
  const [seeds, others] = [new ScrapeFilter(body.seedFilter), new ScrapeFilter(body.peerFilter)];
  expect(['10.0.1.1', '10.0.2.1', '10.0.3.1'].map((ip) => seeds.has(ip))).toEqual([true, false, true]);
  expect(['10.0.1.1', '10.0.2.1', '10.0.3.1'].map((ip) => others.has(ip))).toEqual([false, true, false]);
});

test('BEP 33: a scrape of an unknown torrent is a question like others', () => {
  const body = new Talk().body('get_peers', { infoHash: hash, scrape: true });
  expect([body.seedFilter, body.peerFilter, body.token?.length]).toEqual([undefined, undefined, 8]);
});

test('BEP 33: noseed leaves out seeds', () => {
  const talk = new Talk();
  announce(talk, local(1), { seed: true });
  announce(talk, local(2));
  expect(talk.body('get_peers', { infoHash: hash, noSeed: true }).values).toHaveLength(1);
});

test('BEP 43: a read-only asker is answered, but neither pinged nor taken into the table', () => {
  const talk = new Talk();
  const answer = talk.ask('ping', {}, { readOnly: true });
  expect([answer?.message.type, answer?.asked]).toEqual(['response', []]);
  expect(talk.ask('ping', {})?.asked).toHaveLength(1);
});

test('BEP 43: a read-only node answers nothing', () => {
  const talk = new Talk({ readOnly: true });
  expect(talk.ask('ping', {})).toBeUndefined();
  expect(talk.ask('get_peers', { infoHash: hash })).toBeUndefined();
});

test('BEP 51: a sample has the info-hashes that we keep peers for, and how many there are', () => {
  const talk = new Talk();
  announce(talk);
  const { token } = talk.body('get', { target: hash });
  talk.body('put', { v: utf8('i1e'), token });
  const body = talk.body('sample_infohashes', { target: hash });
  expect([toHex(body.samples!), body.num, body.interval]).toEqual([toHex(hash), 1, 0]);
  expect(body.nodes).toBeDefined();
});

test('BEP 51: an empty store gives an empty sample', () => {
  expect(new Talk().body('sample_infohashes', { target: hash })).toMatchObject({ samples: new Uint8Array(0), num: 0 });
});

test('BEP 51: a sample of many is random, and the same until its interval is over', () => {
  const talk = new Talk();
  for (let i = 0; i < 100; i++) {
    const from = local(i);
    const { token } = talk.body('get_peers', { infoHash: hash }, from);
    talk.body('announce_peer', { infoHash: local(i).id.bytes, port: 1, token }, from);
  }
  const sample = () => talk.body('sample_infohashes', { target: hash }, local(200));
  const first = sample();
  expect([first.samples?.length, first.num, first.interval]).toEqual([400, 100, limits.sampleSeconds]);
  talk.wait(60_000);
  expect(sample()).toMatchObject({ samples: first.samples, interval: limits.sampleSeconds - 60 });
  talk.wait(limits.sampleSeconds * 1_000);
  expect(sample().samples).not.toEqual(first.samples);
});

test('BEP 45: what a node learns and keeps does not depend on other nodes of the same process', () => {
  const [a, b] = [new Talk({}, 1), new Talk({}, 2)];
  announce(a);
  expect(b.dht.stored.peers).toBe(0);
  const { token } = a.body('get_peers', { infoHash: hash });
  expect(b.error('announce_peer', { infoHash: hash, port: 1, token })).toBe(203);
});

test('nodes that asked are in the table when they have answered a ping, and not before', () => {
  const talk = new Talk();
  const answer = talk.ask('get_peers', { infoHash: hash }, { from: local(3) })!;
  expect(talk.dht.occupancy()).toEqual([0]);
  expect(answer.asked.map(({ message, to }) => [(message as { method: string }).method, to])).toEqual([
    ['ping', local(3).address],
  ]);
  talk.reply(answer.asked[0]!, local(3).id);
  expect(talk.dht.occupancy()).toEqual([1]);
  expect(compact([local(3)])).toEqual(talk.body('find_node', { target: hash }).nodes);
});
