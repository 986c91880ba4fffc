import { expect, test } from 'vitest';
import { encodeCompactList, ProtocolError } from '../../core/src/index.ts';
import {
  decodeReply,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  limits,
  UdpTrackerServer,
  type UdpTrackerServerEvent,
} from '../src/index.ts';
import { CLIENT, CLIENT6, hash, request, World } from './world.ts';

function connected(address = CLIENT): { server: UdpTrackerServer; world: World; id: Uint8Array } {
  const world = new World();
  const server = new UdpTrackerServer(world);
  server.receive({ bytes: encodeConnect(1), address });
  const [reply] = server.flush();
  return { server, world, id: reply!.bytes.slice(8) };
}

const ask = (server: UdpTrackerServer, bytes: Uint8Array, address = CLIENT) => server.receive({ bytes, address })[0];
const announceOf = (event: UdpTrackerServerEvent | undefined) => {
  if (event?.type !== 'announce') throw new Error(`${event?.type} instead of an announce`);
  return event;
};

test('BEP 15, connect: answered with 16 bytes for 16, to whoever asked', () => {
  const server = new UdpTrackerServer(new World());
  expect(ask(server, encodeConnect(77))).toBeUndefined();
  const [reply] = server.flush();
  expect(reply!.address).toEqual(CLIENT);
  expect(reply!.bytes.length).toBe(16);
  expect(decodeReply(reply!.bytes, 4)).toMatchObject({ type: 'connect', transaction: 77 });
});

test('BEP 15, announce: the answer carries the transaction, the counts and the peers that were written', () => {
  const { server, id } = connected();
  const query = announceOf(ask(server, encodeAnnounce(id, 5, request)));
  const peers = encodeCompactList([{ ip: '192.0.2.1', port: 80 }], 4);
  const at = server.beginAnnounce(query, 1800, 3, 4, 300);
  server.output.set(peers, at);
  server.endAnnounce(peers.length);
  const [reply] = server.flush();
  expect(reply!.address).toEqual(CLIENT);
  expect(decodeReply(reply!.bytes, 4)).toEqual({
    type: 'announce',
    transaction: 5,
    response: { interval: 1800, leechers: 3, seeders: 4, peers: [{ ip: '192.0.2.1', port: 80 }] },
  });
});

test('BEP 15, IPv6: works like IPv4, with longer peers', () => {
  const { server, id } = connected(CLIENT6);
  const query = announceOf(ask(server, encodeAnnounce(id, 5, request), CLIENT6));
  server.respondAnnounce(query, 60, 0, 1, encodeCompactList([{ ip: '2001:db8::9', port: 80 }], 6));
  const [reply] = server.flush();
  expect(decodeReply(reply!.bytes, 6)).toMatchObject({ response: { peers: [{ ip: '2001:db8::9', port: 80 }] } });
});

test('an answer may come later, to a kept copy of who asked', () => {
  const { server, id } = connected();
  const { from, transaction } = announceOf(ask(server, encodeAnnounce(id, 5, request)));
  ask(server, encodeAnnounce(id, 6, request));
  server.respondAnnounce({ from, transaction }, 1800, 0, 0, new Uint8Array(0));
  expect(decodeReply(server.flush()[0]!.bytes, 4)).toMatchObject({ transaction: 5 });
});

test('answers stay as they were while later ones are written', () => {
  const { server, id } = connected();
  const written: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  for (let i = 0; i < 300; i++) {
    const query = announceOf(ask(server, encodeAnnounce(id, i, request)));
    server.respondAnnounce(query, i, 0, 0, new Uint8Array(600).fill(i));
    const [reply] = server.flush();
    written.push(reply!.bytes);
    copies.push(reply!.bytes.slice());
  }
  expect(written).toEqual(copies);
});

test('BEP 15, scrape: hashes in, counts out', () => {
  const { server, id } = connected();
  const query = ask(server, encodeScrape(id, 8, [hash(3), hash(4)]));
  if (query?.type !== 'scrape') throw new Error('no scrape');
  expect(query.count).toBe(2);
  expect(query.infoHashes).toEqual(Uint8Array.from([...hash(3).bytes, ...hash(4).bytes]));
  server.respondScrape(query, [
    { seeders: 1, completed: 2, leechers: 3 },
    { seeders: 4, completed: 5, leechers: 6 },
  ]);
  expect(decodeReply(server.flush()[0]!.bytes, 4)).toMatchObject({ type: 'scrape', transaction: 8, counts: [{}, {}] });
});

test('BEP 15, scrape: of more than 74 hashes the first 74 are asked for', () => {
  const { server, id } = connected();
  const many = Array.from({ length: 200 }, (_, i) => hash(i));
  expect(ask(server, encodeScrape(id, 8, many))).toMatchObject({ count: limits.scrapeHashes });
});

test('BEP 15, errors: a refusal carries the transaction and is shorter than an announce', () => {
  const { server, id } = connected();
  const query = announceOf(ask(server, encodeAnnounce(id, 5, request)));
  server.respondError(query, `not here ${'x'.repeat(500)}`);
  const [reply] = server.flush();
  expect(reply!.bytes.length).toBeLessThanOrEqual(98);
  expect(decodeReply(reply!.bytes, 4)).toMatchObject({ type: 'error', transaction: 5 });
});

test('BEP 41: path and query of the URL reach the tracker', () => {
  const { server, id } = connected();
  const query = ask(server, encodeAnnounce(id, 5, request, '/dir?a=b'));
  expect(query).toMatchObject({ urlData: '/dir?a=b' });
});

test.each<[string, string, (id: Uint8Array) => Uint8Array]>([
  ['an empty datagram', 'tracker-udp/empty', () => new Uint8Array(0)],
  ['15 bytes', 'tracker-udp/too-short', () => new Uint8Array(15)],
  ['a connect without the protocol id', 'tracker-udp/bad-protocol-id', () => new Uint8Array(16)],
  ['an announce of 97 bytes', 'tracker-udp/short-announce', (id) => encodeAnnounce(id, 1, request).subarray(0, 97)],
  ['a scrape without a hash', 'tracker-udp/short-scrape', (id) => encodeScrape(id, 1, [])],
  ['a foreign connection id', 'tracker-udp/bad-connection-id', () => encodeAnnounce(new Uint8Array(8), 1, request)],
  ['action 3', 'tracker-udp/unknown-action', (id) => Uint8Array.from([...id, 0, 0, 0, 3, 0, 0, 0, 1])],
  ['action 2^32-1', 'tracker-udp/unknown-action', (id) => Uint8Array.from([...id, 255, 255, 255, 255, 0, 0, 0, 1])],
])('BEP 15: %s is ignored with %s, and nothing is sent', (_, code, make) => {
  const { server, id } = connected();
  const event = ask(server, make(id));
  expect(event).toMatchObject({ type: 'ignored', from: CLIENT, reason: expect.any(ProtocolError) });
  expect(event).toMatchObject({ reason: { code } });
  expect(server.flush()).toEqual([]);
});

test('BEP 15, spoofing: an id serves the address it was given to, from any port, and for no other address', () => {
  const { server, id } = connected();
  const bytes = encodeAnnounce(id, 1, request);
  expect(ask(server, bytes, { ip: CLIENT.ip, port: 9 })).toMatchObject({ type: 'announce' });
  expect(ask(server, bytes, { ip: '198.51.100.8', port: CLIENT.port })).toMatchObject({ type: 'ignored' });
});

test('BEP 15, spoofing: an id expires', () => {
  const { server, id, world } = connected();
  world.time = 2 * limits.secretLifeMs;
  expect(ask(server, encodeAnnounce(id, 1, request))).toMatchObject({ type: 'ignored' });
});

test('no amplification: before the id is proved no answer is longer than its question', () => {
  const server = new UdpTrackerServer(new World());
  const questions = [
    encodeConnect(1),
    encodeAnnounce(new Uint8Array(8), 1, request),
    encodeScrape(new Uint8Array(8), 1, [hash(1)]),
    new Uint8Array(1400),
    new Uint8Array(1),
  ];
  for (const bytes of questions) {
    ask(server, bytes);
    const answered = server.flush().reduce((sum, reply) => sum + reply.bytes.length, 0);
    expect(answered).toBeLessThanOrEqual(bytes.length);
  }
});

test('misuse is told: too many peers, and an end without a beginning', () => {
  const { server } = connected();
  const to = { from: CLIENT, transaction: 1 };
  expect(() => server.beginAnnounce(to, 1, 0, 0, limits.peersLength + 1)).toThrow(RangeError);
  expect(() => server.endAnnounce(0)).toThrow(TypeError);
});
