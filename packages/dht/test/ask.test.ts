/** What a node asks, and whom it believes (BEP 5; 32; 33; 42; 43; 44). */
import { encodeCompact, Id20, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import {
  encodeKrpc,
  idBelongsTo,
  idForAddress,
  type KrpcQuery,
  limits,
  newKeyPair,
  ScrapeFilter,
  sign,
} from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';
import { compact, local, type Sent, Talk } from './talk.ts';

const infoHash = Id20.from('ab'.repeat(20));
const method = ({ message }: Sent) => (message as KrpcQuery).method;
const body = ({ message }: Sent) => (message as KrpcQuery).body;

const places = (sent: readonly Sent[]) => sent.map(({ to }) => to.ip).sort();

/** A node that knows three others. */
function acquainted(options = {}): Talk {
  const talk = new Talk(options);
  talk.meet(local(1), local(2), local(3));
  return talk;
}

test('BEP 5: entering the network is looking for ourselves at the nodes that were named', () => {
  const talk = new Talk();
  talk.dht.bootstrap([local(1).address, local(2).address]);
  const sent = talk.sent();
  expect(sent.map(({ to }) => to)).toEqual([local(1).address, local(2).address]);
  for (const query of sent) {
    expect([method(query), body(query).target, body(query).want]).toEqual(['find_node', talk.dht.id().bytes, [4, 6]]);
  }
  const further = talk.reply(sent[0]!, local(1).id, { nodes: compact([local(5), local(6)]) });
  expect(places(further)).toEqual(['10.0.5.1', '10.0.6.1']);
});

test('BEP 5: ready is told once, when the lookup is over', () => {
  const talk = new Talk({ families: [4] });
  talk.dht.bootstrap([local(1).address]);
  talk.reply(talk.sent()[0]!, local(1).id);
  talk.wait(1_000);
  expect(talk.events).toEqual([{ type: 'ready', family: 4, nodes: 1 }]);
});

test('a first attempt that fails is followed by others, at growing distance', () => {
  const talk = new Talk({ families: [4] });
  talk.dht.bootstrap([local(1).address]);
  const tries: number[] = [];
  for (let second = 0; second < 300; second++) {
    if (talk.sent().length + talk.wait(1_000).length > 0) tries.push(second);
  }
  expect(tries.length).toBeGreaterThan(3);
  expect(tries.length).toBeLessThan(8);
  expect(tries.at(-1)! - tries.at(-2)!).toBeGreaterThan(tries[2]! - tries[1]!);
});

test('routers are asked while we know nobody, and never handed on', () => {
  const router = local(9);
  const talk = new Talk({ routers: [router.address], families: [4] });
  const [query] = talk.sent();
  expect(query!.to).toEqual(router.address);
  const [next] = talk.reply(query!, router.id, { nodes: compact([local(1)]) });
  talk.reply(next!, local(1).id);
  expect(talk.body('find_node', { target: router.id.bytes }).nodes).toEqual(compact([local(1)]));
});

test('routers whose names took a while are asked like those that were there from the start', () => {
  const router = local(9);
  const talk = new Talk({ families: [4] });
  expect(talk.sent()).toEqual([]);
  talk.dht.addRouters([router.address]);
  const [query] = talk.sent();
  expect(query!.to).toEqual(router.address);
  talk.reply(query!, router.id);
  expect(talk.dht.occupancy()).toEqual([0]);
});

test('a node named by a PORT message is pinged, and taken in when it answers', () => {
  const talk = new Talk();
  talk.dht.addNode(local(4).address);
  const [ping] = talk.sent();
  expect([method(ping!), ping!.to]).toEqual(['ping', local(4).address]);
  expect(talk.dht.occupancy()).toEqual([0]);
  talk.reply(ping!, local(4).id);
  expect(talk.dht.occupancy()).toEqual([1]);
  talk.dht.addNode({ ...local(5).address, port: 0 });
  expect(talk.sent()).toEqual([]);
});

test('BEP 5: a node finds its former nodes again after a restart', () => {
  const before = acquainted();
  const after = new Talk({ id: undefined, saved: before.dht.snapshot() }, 5);
  expect(places(after.sent())).toEqual(['10.0.1.1', '10.0.2.1', '10.0.3.1']);
  expect(after.dht.id()).toEqual(before.dht.id());
});

test('a snapshot that is none is refused', () => {
  for (const saved of ['', 'i1e', 'de', 'd3:id420:aaaaaaaaaaaaaaaaaaaae']) {
    expect(() => new Talk({ saved: utf8(saved) })).toThrow(expect.objectContaining({ code: 'dht/bad-snapshot' }));
  }
});

test('BEP 5: a lookup reports peers as they come, each once', () => {
  const talk = acquainted();
  const lookup = talk.dht.lookup(infoHash);
  const sent = talk.sent();
  expect(sent.map(method)).toEqual(['get_peers', 'get_peers', 'get_peers']);
  const peers = [1, 2].map((n) => ({ ip: `10.0.0.${n}`, port: 80 }));
  const values = [...peers.map(encodeCompact), new Uint8Array(18), Uint8Array.of(10, 0, 0, 3, 0, 0)];
  for (const query of sent) talk.reply(query, local(body(query).id![0]!).id, { values, nodes: compact([local(1)]) });
  expect(talk.events.filter(({ type }) => type === 'peers')).toEqual([
    { type: 'peers', lookup: lookup.id, infoHash, peers },
  ]);
});

/** Answers all questions of a lookup, each by the node asked, and what follows. */
function answerAll(talk: Talk, first: Sent[], how: (query: Sent) => object): Sent[] {
  const all: Sent[] = [];
  const open = [...first];
  for (let query = open.shift(); query !== undefined; query = open.shift()) {
    all.push(query);
    const contact = local(Number(query.to.ip.split('.')[2]));
    open.push(...talk.reply(query, contact.id, how(query)));
  }
  return all;
}

test('BEP 5: announcing follows the lookup, to each node with the token that it gave', () => {
  const talk = acquainted();
  talk.dht.announce(infoHash, 4242, { seed: true });
  const tokenOf = (to: { ip: string }) => utf8(`token of ${to.ip}`);
  const asked = answerAll(talk, talk.sent(), (query) =>
    method(query) === 'get_peers' ? { token: tokenOf(query.to) } : {},
  );
  const announces = asked.filter((query) => method(query) === 'announce_peer');
  expect(announces).toHaveLength(3);
  for (const query of announces) {
    expect(body(query)).toMatchObject({ port: 4242, seed: true, infoHash: infoHash.bytes, token: tokenOf(query.to) });
  }
  expect(talk.events.at(-1)).toMatchObject({ type: 'done', stored: 3, target: infoHash });
});

test('BEP 33: a node that gives no token is announced nothing', () => {
  const talk = acquainted();
  talk.dht.announce(infoHash, 4242);
  const asked = answerAll(talk, talk.sent(), (query) =>
    query.to.ip === local(2).address.ip ? {} : { token: utf8('t') },
  );
  expect(asked.filter((query) => method(query) === 'announce_peer').map(({ to }) => to)).not.toContainEqual(
    local(2).address,
  );
  expect(talk.events.at(-1)).toMatchObject({ stored: 2 });
});

test('BEP 33: a scrape joins the filters of all nodes, and counts whom others only name', () => {
  const talk = acquainted();
  talk.dht.lookup(infoHash, { scrape: true });
  const [seeds, others] = [new ScrapeFilter(), new ScrapeFilter()];
  for (let i = 0; i < 30; i++) (i < 10 ? seeds : others).add(`10.1.0.${i}`);
  const sent = talk.sent();
  expect(body(sent[0]!).scrape).toBe(true);
  const values = ['10.1.0.1', '10.9.9.9'].map((ip) => encodeCompact({ ip, port: 1 }));
  answerAll(talk, sent, (query) =>
    query.to.ip === local(1).address.ip ? { values } : { seedFilter: seeds.bytes, peerFilter: others.bytes },
  );
  const done = talk.events.find(({ type }) => type === 'done') as { swarm: { seeds: number; peers: number } };
  expect(Math.abs(done.swarm.seeds - 10)).toBeLessThan(2);
  expect(Math.abs(done.swarm.peers - 21)).toBeLessThan(3);
});

test('BEP 43: a read-only node says so in every question', () => {
  const talk = new Talk({ readOnly: true });
  talk.dht.bootstrap([local(1).address]);
  talk.dht.query(local(2).address, 'ping');
  expect(talk.sent().map(({ message }) => (message as KrpcQuery).readOnly)).toEqual([true, true]);
});

const keys = newKeyPair(new MemoryNetwork(3).environment);
function item(seq: bigint, text: string) {
  const part = { value: utf8(text), seq };
  return { type: 'mutable', ...part, publicKey: keys.publicKey, signature: sign(part, keys.secretKey) } as const;
}
const wire = ({ value, seq, publicKey, signature }: ReturnType<typeof item>) => ({
  v: value,
  seq,
  k: publicKey,
  sig: signature,
});

test('BEP 44: of several answers the newest item is the one', () => {
  const talk = acquainted();
  const { target } = talk.dht.put(item(9n, 'i9e'));
  talk.sent();
  talk.dht.get(target);
  const answers = [item(3n, 'i3e'), item(7n, 'i7e'), item(5n, 'i5e')];
  answerAll(talk, talk.sent(), () => wire(answers.shift()!));
  expect(talk.events.at(-1)).toMatchObject({ type: 'done', item: item(7n, 'i7e') });
});

test('BEP 44: an item that is not the one asked for is not believed', () => {
  const talk = acquainted();
  const { target } = talk.dht.put(item(9n, 'i9e'));
  talk.sent();
  talk.dht.get(target);
  const other = newKeyPair(new MemoryNetwork(4).environment);
  const answers = [
    { ...wire(item(3n, 'i3e')), seq: 4n },
    { ...wire(item(3n, 'i3e')), k: other.publicKey },
    { v: utf8('i3e') },
  ];
  answerAll(talk, talk.sent(), () => answers.shift()!);
  expect(talk.events.at(-1)).toMatchObject({ type: 'done', item: undefined });
  expect(talk.ignored).toEqual(['dht/false-item', 'dht/false-item', 'dht/false-item']);
});

test('BEP 44: a put comes after a get, with each node’s token; cas only where something is', () => {
  const talk = acquainted();
  talk.dht.put(item(9n, 'i9e'), { cas: 8n });
  const asked = answerAll(talk, talk.sent(), (query) => {
    if (method(query) === 'put') return {};
    return { token: utf8(query.to.ip), ...(query.to.ip === local(2).address.ip ? wire(item(8n, 'i8e')) : {}) };
  });
  expect(asked.map(method)).toEqual(['get', 'get', 'get', 'put', 'put', 'put']);
  for (const query of asked.slice(3)) {
    const cas = query.to.ip === local(2).address.ip ? 8n : undefined;
    expect(body(query)).toMatchObject({ ...wire(item(9n, 'i9e')), token: utf8(query.to.ip), cas });
  }
});

test('BEP 44: an immutable item ends the search as soon as it is there', () => {
  const talk = acquainted();
  const { target } = talk.dht.put({ type: 'immutable', value: utf8('i1e') });
  talk.sent();
  talk.dht.get(target);
  const [first] = talk.sent();
  talk.reply(first!, local(3).id, { v: utf8('i1e'), nodes: compact([local(40)]) });
  expect(talk.events.map(({ type }) => type)).toEqual(['item', 'done']);
});

test('a refusal to store is told with its code', () => {
  const talk = acquainted();
  talk.dht.put(item(9n, 'i9e'));
  const puts = talk
    .sent()
    .flatMap((query) => talk.reply(query, local(Number(query.to.ip.split('.')[2])).id, { token: utf8('t') }));
  for (const query of puts) {
    const { transaction } = query.message;
    talk.receive(encodeKrpc({ type: 'error', transaction, code: 302, message: 'too old' }), query.to);
  }
  expect(talk.events.at(-1)).toMatchObject({ type: 'done', stored: 0, refused: { code: 302, message: 'too old' } });
});

test('a single question has one answer, or fails after its time', () => {
  const talk = new Talk();
  const [first, second] = [talk.dht.query(local(1).address, 'ping'), talk.dht.query(local(2).address, 'ping')];
  const sent = talk.sent();
  talk.wait(30);
  talk.reply(sent[0]!, local(1).id);
  talk.wait(limits.timeoutMs);
  expect(talk.events).toMatchObject([
    { type: 'answer', query: first, id: local(1).id, roundTripMs: 30 },
    { type: 'failed', query: second, from: local(2).address, reason: 'timeout' },
  ]);
});

test('what came and went is counted', () => {
  const talk = new Talk({ queriesPerSecond: 200 });
  for (let i = 0; i < 300; i++) talk.ask('ping', {}, { readOnly: true });
  talk.dht.addNode(local(2).address);
  talk.dht.addNode(local(3).address);
  talk.reply(talk.sent()[0]!, local(2).id);
  talk.wait(limits.timeoutMs - 1);
  expect(talk.dht.traffic).toEqual({ questions: 300, refused: 100, asked: 2, answered: 1, unanswered: 0 });
  talk.wait(1);
  expect(talk.dht.traffic).toMatchObject({ answered: 1, unanswered: 1 });
});

test('a cancelled lookup asks nothing more and tells nothing', () => {
  const talk = acquainted();
  const lookup = talk.dht.lookup(infoHash);
  const sent = talk.sent();
  talk.dht.cancel(lookup);
  for (const query of sent) expect(talk.reply(query, local(1).id, { nodes: compact([local(50)]) })).toEqual([]);
  talk.wait(20_000);
  expect(talk.events.filter(({ type }) => type === 'done' || type === 'peers')).toEqual([]);
  expect(talk.dht.lookups).not.toContain(lookup);
});

test('a lookup with nobody to ask ends with the next tick', () => {
  const talk = new Talk();
  talk.dht.lookup(infoHash);
  expect(talk.dht.deadline).toBeLessThanOrEqual(talk.now);
  talk.wait(0);
  expect(talk.events).toMatchObject([{ type: 'done', statistics: { asked: 0 } }]);
});

test('a node that falls silent is pinged before it is dropped, and then no longer handed on', () => {
  const talk = acquainted();
  const pings = talk.wait(limits.questionableMs).filter((query) => method(query) === 'ping');
  expect(new Set(pings.map(({ to }) => to.ip)).size).toBe(3);
  expect(talk.body('find_node', { target: infoHash.bytes }, local(200)).nodes).toEqual(new Uint8Array(0));
});

/** Answers that tell us our address, from as many networks. */
function tellAddress(talk: Talk, voters: readonly string[], ours: string): void {
  const address = encodeCompact({ ip: ours, port: 6881 });
  for (const ip of voters) {
    talk.dht.query({ ip, port: 6881 }, 'ping');
    talk.reply(talk.sent().at(-1)!, local(1).id, {}, { address });
  }
}
const voters = (count: number, prefix = 8) => Array.from({ length: count }, (_, i) => `${prefix}.${i}.1.1`);

test('BEP 42: when several networks agree on our address we take an id that belongs to it', () => {
  const talk = new Talk();
  tellAddress(talk, voters(limits.addressVotes - 1), '9.8.7.6');
  expect(talk.dht.externalIp()).toBeUndefined();
  tellAddress(talk, ['11.1.1.1'], '9.8.7.6');
  expect(talk.dht.externalIp()).toBe('9.8.7.6');
  expect(idBelongsTo(talk.dht.id().bytes, '9.8.7.6')).toBe(true);
  expect(talk.events.filter(({ type }) => type === 'address')).toEqual([
    { type: 'address', family: 4, ip: '9.8.7.6', id: talk.dht.id() },
  ]);
});

test('BEP 42: one liar, or many of one network, change nothing; nor does a local address', () => {
  const talk = new Talk();
  const before = talk.dht.id();
  tellAddress(talk, ['8.8.8.8'], '9.8.7.6');
  tellAddress(
    talk,
    Array.from({ length: 40 }, (_, i) => `8.8.8.${i}`),
    '9.8.7.6',
  );
  tellAddress(talk, voters(40), '127.0.0.1');
  tellAddress(talk, voters(40, 11), '192.168.1.5');
  expect([talk.dht.id(), talk.dht.externalIp()]).toEqual([before, undefined]);
});

test('BEP 42: a minority of liars does not move us back and forth', () => {
  const talk = new Talk();
  tellAddress(talk, voters(12), '9.8.7.6');
  const { hex } = talk.dht.id();
  tellAddress(talk, voters(8, 11), '5.5.5.5');
  expect(talk.dht.id().hex).toBe(hex);
});

test('BEP 42: an id that belongs to the address already is kept', () => {
  const id = idForAddress('9.8.7.6', new MemoryNetwork(1).environment);
  const talk = new Talk({ id });
  tellAddress(talk, voters(8), '9.8.7.6');
  expect(talk.dht.id()).toEqual(id);
});

test('BEP 32: nodes of the other family in an answer open the way into that network', () => {
  const talk = new Talk();
  talk.dht.bootstrap([local(1).address]);
  const overIpv6 = { id: local(2).id, address: { ip: 'fd00::2', port: 7 } };
  const further = talk.reply(talk.sent()[0]!, local(1).id, { nodes6: compact([overIpv6]) });
  expect(places(further)).toContain('fd00::2');
});
