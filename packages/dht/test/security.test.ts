/** What strangers cannot do to a node, nor with it (BEP 5; BEP 42; BEP 44). */
import { encodeCompact, Id20, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { encodeKrpc, idForAddress, type KrpcQuery, limits, newKeyPair, sign } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';
import { compact, local, Talk } from './talk.ts';

const hash = Id20.from('ab'.repeat(20)).bytes;
const { environment } = new MemoryNetwork(12);

/** A node of the public network with a proper id. */
function publicNode(ip: string, port = 6881) {
  return { id: idForAddress(ip, environment), address: { ip, port } };
}

test('an answer from another address than was asked is ignored, the right one still counts', () => {
  const talk = new Talk();
  talk.dht.bootstrap([local(1).address]);
  const [query] = talk.sent();
  for (const from of [local(2).address, { ...local(1).address, port: 1 }]) {
    expect(talk.reply(query!, local(1).id, { nodes: compact([local(66)]) }, { from })).toEqual([]);
  }
  expect([talk.ignored, talk.dht.occupancy()]).toEqual([['dht/unasked', 'dht/unasked'], [0]]);
  expect(talk.reply(query!, local(1).id, { nodes: compact([local(7)]) }).map(({ to }) => to)).toContainEqual(
    local(7).address,
  );
});

test('an answer to nothing, or a second one, is ignored', () => {
  const talk = new Talk();
  talk.dht.addNode(local(1).address);
  const [query] = talk.sent();
  talk.reply(query!, local(1).id);
  talk.reply(query!, local(9).id);
  const message = { type: 'response', transaction: utf8('xxxx'), body: { id: local(8).id.bytes } } as const;
  talk.receive(encodeKrpc(message), local(8).address);
  expect([talk.ignored, talk.dht.occupancy()]).toEqual([['dht/unasked', 'dht/unasked'], [1]]);
});

test('an answer that comes too late is ignored', () => {
  const talk = new Talk();
  talk.dht.addNode(local(1).address);
  const [query] = talk.sent();
  talk.wait(limits.timeoutMs);
  talk.reply(query!, local(1).id);
  expect(talk.ignored).toEqual(['dht/unasked']);
});

test('transaction ids have 32 bits and follow no pattern', () => {
  const talk = new Talk();
  const ids = Array.from({ length: 500 }, (_, i) => {
    talk.dht.query(local(i & 255, i >> 8).address, 'ping');
    return talk.sent()[0]!.message.transaction;
  });
  expect(new Set(ids.map((id) => id.join())).size).toBe(500);
  for (const id of ids) expect(id).toHaveLength(4);
  for (let at = 0; at < 4; at++) expect(new Set(ids.map((id) => id[at])).size).toBeGreaterThan(150);
});

test('a token of one address is no good at another, nor one that is too old', () => {
  const talk = new Talk();
  const { token } = talk.body('get_peers', { infoHash: hash }, local(1));
  const announce = (from = local(1)) => talk.error('announce_peer', { infoHash: hash, port: 1, token }, from);
  expect(announce(local(2))).toBe(203);
  expect(announce()).toBeUndefined();
  talk.wait(5 * 60_000 - 1);
  expect(announce()).toBeUndefined();
  talk.wait(5 * 60_000 + 1);
  expect(announce()).toBe(203);
});

test('an address that asks too much is not answered for a while; others are', () => {
  const talk = new Talk();
  const answered = (from: ReturnType<typeof local>) =>
    Array.from({ length: 300 }, () => talk.ask('ping', {}, { from })).filter((answer) => answer !== undefined).length;
  expect(answered(local(1))).toBe(limits.queryBurst);
  expect(talk.ignored).toContain('dht/too-many');
  expect(answered(local(2))).toBe(limits.queryBurst);
  talk.wait(1_000);
  expect(answered(local(1))).toBe(limits.queriesPerSecond);
});

test('a flood from many addresses is answered up to a rate', () => {
  const talk = new Talk({ answersPerSecond: 500 });
  let answered = 0;
  for (let i = 0; i < 5_000; i++) {
    const from = { id: local(1).id, address: { ip: `11.${i >> 8}.${i & 255}.1`, port: 1 } };
    if (talk.ask('ping', {}, { from, readOnly: true }) !== undefined) answered++;
  }
  expect(answered).toBe(500);
});

test('a flood of askers is not multiplied by pings: few are under way, and one address costs few', () => {
  const talk = new Talk();
  let pings = 0;
  for (let i = 0; i < 2_000; i++) {
    const from = { id: Id20.from(local(i & 255, i >> 8).id.bytes), address: { ip: '8.8.8.8', port: 1 + i } };
    pings += talk.ask('ping', {}, { from })?.asked.length ?? 0;
  }
  expect(pings).toBe(limits.checksPerAddress);
  for (let i = 0; i < 2_000; i++)
    pings += talk.ask('ping', {}, { from: publicNode(`11.${i >> 8}.${i & 255}.1`) })?.asked.length ?? 0;
  expect(pings).toBe(limits.checks);
});

test('an answer is never out of proportion to the question of a stranger', () => {
  const talk = new Talk();
  for (let i = 0; i < 30; i++) talk.meet(local(i * 8));
  for (let i = 0; i < 200; i++) {
    const { token } = talk.body('get_peers', { infoHash: hash }, local(i, 2));
    talk.body('announce_peer', { infoHash: hash, port: 1, token }, local(i, 2));
  }
  const value = utf8(`996:${'x'.repeat(996)}`);
  const keys = newKeyPair(environment);
  const item = { v: value, seq: 1n, k: keys.publicKey, sig: sign({ value, seq: 1n }, keys.secretKey) };
  const { token } = talk.body('get', { target: hash });
  talk.body('put', { ...item, token });
  const questions: readonly (readonly [string, object])[] = [
    ['ping', {}],
    ['find_node', { target: hash }],
    ['find_node', { target: hash, want: [4, 6] }],
    ['get_peers', { infoHash: hash }],
    ['get_peers', { infoHash: hash, scrape: true, want: [4, 6] }],
    ['get', { target: hash }],
    ['sample_infohashes', { target: hash }],
    ['foo', {}],
    ['put', {}],
  ];
  for (const [method, body] of questions) {
    const answer = talk.ask(method, body, { from: local(240, 9), transaction: new Uint8Array(1) })!;
    expect(answer.length / answer.question).toBeLessThanOrEqual(limits.answerRatio);
  }
  const { target } = talk.dht.put({ type: 'mutable', value, seq: 1n, publicKey: item.k, signature: item.sig });
  const answer = talk.ask('get', { target: target.bytes }, { from: local(241, 9) })!;
  expect(answer.length / answer.question).toBeLessThanOrEqual(limits.itemRatio);
});

test('who has shown a token gets as much as fits, since it is where it says', () => {
  const talk = new Talk();
  for (let i = 0; i < 250; i++) {
    const { token } = talk.body('get_peers', { infoHash: hash }, local(i, 2));
    talk.body('announce_peer', { infoHash: hash, port: 1, token }, local(i, 2));
  }
  const size = (from: ReturnType<typeof local>) =>
    talk.ask('get_peers', { infoHash: hash }, { from, transaction: new Uint8Array(1) })!.length;
  expect(size(local(7, 2))).toBeGreaterThan(size(local(7, 3)));
});

test('a transaction id of great length is not echoed', () => {
  const talk = new Talk();
  expect(talk.ask('ping', {}, { transaction: new Uint8Array(limits.transactionBytes + 1) })).toBeUndefined();
  expect(talk.ignored).toEqual(['dht/long-transaction']);
});

test('a token of great length is not echoed', () => {
  const talk = new Talk();
  talk.meet(local(1), local(2));
  talk.dht.announce(Id20.from(hash), 1);
  const sent = talk.sent();
  const further = sent.flatMap((query) =>
    talk.reply(query, local(Number(query.to.ip.split('.')[2])).id, {
      token: new Uint8Array(query.to.ip === local(1).address.ip ? limits.tokenBytes + 1 : limits.tokenBytes),
    }),
  );
  expect(further.map(({ to }) => to)).toEqual([local(2).address]);
});

test('nodes named by strangers: no port 0, no loopback, no multicast, nothing local from afar', () => {
  const talk = new Talk();
  const far = publicNode('8.8.8.8');
  talk.dht.bootstrap([far.address]);
  const bad = ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '10.0.0.1', '192.168.1.1', '169.254.1.1'];
  const named = [...bad.map((ip) => publicNode(ip)), publicNode('9.9.9.9', 0), publicNode('7.7.7.7')];
  const further = talk.reply(talk.sent()[0]!, far.id, { nodes: compact(named) });
  expect(further.map(({ to }) => to.ip)).toEqual(['7.7.7.7']);
});

test('peers named by strangers: nothing local from afar', () => {
  const talk = new Talk();
  const far = publicNode('8.8.8.8');
  talk.dht.bootstrap([far.address]);
  talk.dht.lookup(Id20.from(hash));
  const bad = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.1.1', '224.0.0.1', '0.0.0.0'];
  const values = [...bad, '7.7.7.7'].map((ip) => encodeCompact({ ip, port: 80 }));
  for (const query of talk.sent()) talk.reply(query, far.id, { values });
  expect(talk.events).toContainEqual(expect.objectContaining({ type: 'peers', peers: [{ ip: '7.7.7.7', port: 80 }] }));
});

test('a list of nodes with an odd length is no list, and the lookup goes on', () => {
  const talk = new Talk({ families: [4] });
  talk.dht.bootstrap([local(1).address, local(2).address]);
  const sent = talk.sent();
  talk.reply(sent[0]!, local(1).id, { nodes: compact([local(66)]).subarray(1) });
  const further = talk.reply(sent[1]!, local(2).id, { nodes: compact([local(77)]) });
  expect(further.map(({ to }) => to)).toEqual([local(77).address]);
});

test('only so many nodes of one answer are looked at', () => {
  const talk = new Talk({ paths: 1 });
  talk.dht.bootstrap([local(1).address]);
  const many = Array.from({ length: 50 }, (_, i) => local(i + 2));
  talk.reply(talk.sent()[0]!, local(1).id, { nodes: compact(many) });
  const asked = new Set<string>();
  for (let round = 0; round < 40; round++) for (const { to } of talk.wait(1_000)) asked.add(to.ip);
  expect(asked.size).toBeLessThanOrEqual(limits.nodesInAnswer + 1);
});

test('who never answers never gets into the table, however often it asks', () => {
  const talk = new Talk();
  for (let i = 0; i < 50; i++) {
    talk.ask('find_node', { target: hash }, { from: publicNode('8.8.8.8') });
    talk.wait(10_000);
  }
  expect(talk.dht.occupancy()).toEqual([0]);
});

test('a poisoned table: one owner of many addresses in one network holds one place of a bucket', () => {
  const talk = new Talk();
  for (let i = 1; i < 200; i++) {
    const node = publicNode(`8.8.8.${i}`);
    talk.meet(node);
    talk.wait(1_000);
  }
  expect(Math.max(...talk.dht.occupancy())).toBe(1);
});

test('a node that shows another id than before loses its place (BEP 45)', () => {
  const talk = new Talk();
  talk.meet(local(1));
  talk.dht.query(local(1).address, 'ping');
  talk.reply(talk.sent()[0]!, local(2).id);
  const nodes = talk.body('find_node', { target: local(1).id.bytes }, local(200)).nodes;
  expect(nodes).toEqual(compact([{ ...local(2), address: local(1).address }]));
});

test('checking signatures for strangers is bounded', () => {
  const talk = new Talk();
  const value = utf8('i1e');
  const forged = { v: value, seq: 1n, k: newKeyPair(environment).publicKey, sig: new Uint8Array(64) };
  const codes = Array.from({ length: 80 }, (_, i) => {
    const { token } = talk.body('get', { target: hash }, local(i));
    return talk.error('put', { ...forged, token }, local(i));
  });
  expect(codes.filter((code) => code === 206)).toHaveLength(limits.signaturesPerSecond);
  expect(codes.filter((code) => code === 202)).toHaveLength(80 - limits.signaturesPerSecond);
});

test('stores and scrapes cost more than a plain question', () => {
  const talk = new Talk();
  const from = local(1);
  const { token } = talk.body('get_peers', { infoHash: hash }, from);
  let stored = 0;
  for (let i = 0; i < limits.queryBurst; i++) {
    const infoHash = local(i).id.bytes;
    const answer = talk.ask('announce_peer', { infoHash, port: 1, token }, { from });
    if (answer?.message.type === 'response') stored++;
  }
  expect(stored).toBeLessThan(limits.queryBurst / limits.storeCost);
  expect(stored).toBeGreaterThan(10);
});

test('what is stored for others is bounded', () => {
  const talk = new Talk({ peers: 50, items: 20 });
  for (let i = 0; i < 200; i++) {
    const from = local(i);
    const { token } = talk.body('get_peers', { infoHash: hash }, from);
    talk.body('announce_peer', { infoHash: local(i & 15).id.bytes, port: 1, token }, from);
    talk.body('put', { v: utf8(`i${i}e`), token }, from);
  }
  expect(talk.dht.stored).toMatchObject({ peers: 50, items: 20 });
});

test('lookups and questions at once are bounded; what waits is done later', () => {
  const talk = new Talk();
  talk.meet(local(1), local(2), local(3));
  for (let i = 0; i < 300; i++) talk.dht.lookup(local(i & 255, i >> 8).id);
  expect(talk.dht.lookups).toHaveLength(limits.lookups);
  expect(talk.sent().length).toBeLessThanOrEqual(limits.queries);
  talk.wait(60_000);
  expect(talk.events.filter(({ type }) => type === 'done')).toHaveLength(300);
  for (let i = 0; i < 2 * limits.queries; i++) talk.dht.query(local(i & 255, i >> 8).address, 'ping');
  expect(talk.sent().length).toBe(limits.queries);
});

test('a core that is never flushed does not grow without end', () => {
  const talk = new Talk({ queriesPerSecond: 1e9, answersPerSecond: 1e9 });
  const bytes = encodeKrpc({
    type: 'query',
    transaction: utf8('aa'),
    method: 'ping',
    body: { id: hash },
    readOnly: true,
  });
  for (let i = 0; i < limits.outgoing + 500; i++) talk.dht.receive({ bytes, address: local(1).address });
  expect(talk.dht.flush()).toHaveLength(limits.outgoing);
});

test('a reflected query is answered once: no two nodes can be set to talk for ever', () => {
  const [a, b] = [new Talk({}, 1), new Talk({}, 2)];
  const bytes = encodeKrpc({ type: 'query', transaction: utf8('aa'), method: 'foo', body: { id: local(2).id.bytes } });
  let waiting = a.receive(bytes, local(2).address).filter(({ message }) => message.type === 'error');
  for (let step = 0; step < 3; step++)
    waiting = waiting.flatMap(({ message }) => b.receive(encodeKrpc(message), local(1).address));
  expect(waiting).toEqual([]);
});

test('what is kept of an answer does not change with the datagram, also when it came in a Buffer', () => {
  const talk = new Talk();
  talk.meet(local(1), local(2));
  talk.dht.announce(Id20.from(hash), 1);
  for (const query of talk.sent()) {
    const { transaction } = query.message as KrpcQuery;
    const id = local(Number(query.to.ip.split('.')[2])).id.bytes;
    const body = { id, token: utf8('12345678'), values: [encodeCompact({ ip: '10.1.1.1', port: 9 })] };
    const bytes = Buffer.from(encodeKrpc({ type: 'response', transaction, body }));
    talk.events.push(...talk.dht.receive({ bytes, address: query.to }));
    bytes.fill(0);
  }
  const tokens = talk.sent().map(({ message }) => (message as KrpcQuery).body.token);
  expect(tokens).toEqual([utf8('12345678'), utf8('12345678')]);
  expect(talk.events).toMatchObject([{ type: 'peers', peers: [{ ip: '10.1.1.1', port: 9 }] }]);
});
