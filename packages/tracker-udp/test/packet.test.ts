import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCompactList, Id20, ProtocolError, toHex } from '../../core/src/index.ts';
import {
  type AnnounceEvent,
  decodeReply,
  encodeAnnounce,
  encodeConnect,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrape,
  encodeScrapeReply,
  limits,
  UdpTrackerServer,
  writeAnnounceReply,
} from '../src/index.ts';
import { CLIENT, carry, hash, request, World } from './world.ts';

const connectionId = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

test('BEP 15, connect: 16 bytes with the protocol id, action 0 and the transaction', () => {
  expect(toHex(encodeConnect(0xdeadbeef))).toBe('00000417271019800000 0000deadbeef'.replace(' ', ''));
});

test('BEP 15, announce: each field at its offset', () => {
  const bytes = encodeAnnounce(connectionId, 0xdeadbeef, {
    ...request,
    downloaded: 2 ** 32 + 1,
    event: 'stopped',
    key: 0xcafebabe,
    port: 0x1234,
  });
  expect(toHex(bytes)).toBe(
    [
      '0102030405060708',
      '00000001',
      'deadbeef',
      '01'.repeat(20),
      '02'.repeat(20),
      '0000000100000001',
      '000000000000001e',
      '000000000000000a',
      '00000003',
      '00000000',
      'cafebabe',
      'ffffffff',
      '1234',
    ].join(''),
  );
});

test.each<[AnnounceEvent | undefined, number]>([
  [undefined, 0],
  ['completed', 1],
  ['started', 2],
  ['stopped', 3],
  ['paused', 0],
])('BEP 15, announce: the event %s has number %i', (event, number) => {
  expect(encodeAnnounce(connectionId, 0, { ...request, event })[83]).toBe(number);
});

test('BEP 15, scrape: hashes follow from offset 16', () => {
  const bytes = encodeScrape(connectionId, 7, [hash(3), hash(4)]);
  expect(toHex(bytes)).toBe(`0102030405060708${'00000002'}00000007${'03'.repeat(20)}${'04'.repeat(20)}`);
});

function announceReply(peers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + peers.length);
  writeAnnounceReply(bytes, 0, 9, 1800, 3, 4);
  bytes.set(peers, 20);
  return bytes;
}

test('BEP 15, IPv6: the family of the packet decides the length of a peer', () => {
  const v4 = [{ ip: '192.0.2.1', port: 1 }];
  const v6 = [{ ip: '2001:db8::5', port: 2 }];
  const decoded = decodeReply(announceReply(encodeCompactList(v4, 4)), 4);
  expect(decoded).toEqual({
    type: 'announce',
    transaction: 9,
    response: { interval: 1800, leechers: 3, seeders: 4, peers: v4 },
  });
  expect(decodeReply(announceReply(encodeCompactList(v6, 6)), 6)).toMatchObject({ response: { peers: v6 } });
});

test('BEP 15, UDP tracker protocol: packets may be longer than is known', () => {
  const reply = announceReply(Uint8Array.from([192, 0, 2, 1, 0, 80, 1, 2, 3]));
  expect(decodeReply(reply, 4)).toMatchObject({ response: { peers: [{ ip: '192.0.2.1', port: 80 }] } });
  const connect = Uint8Array.from([...encodeConnectReply(5, connectionId), 1, 2, 3]);
  expect(decodeReply(connect, 4)).toEqual({ type: 'connect', transaction: 5, connectionId });
});

test('BEP 15, errors: the message is text, cut to its limit', () => {
  expect(decodeReply(encodeErrorReply(5, 'not höre', 98), 4)).toEqual({
    type: 'error',
    transaction: 5,
    message: 'not höre',
  });
  const long = decodeReply(encodeErrorReply(5, 'x'.repeat(5000), 5000), 4);
  expect(long).toMatchObject({ message: 'x'.repeat(limits.errorLength) });
});

test.each([
  ['connect', 0, 15],
  ['announce', 1, 19],
  ['error', 3, 7],
])('BEP 15: a %s reply that is too short is a ProtocolError', (_, action, length) => {
  const bytes = new Uint8Array(length);
  bytes[3] = action;
  expect(() => decodeReply(bytes, 4)).toThrow(expect.objectContaining({ code: 'tracker-udp/too-short' }));
});

test('an undefined action is a ProtocolError', () => {
  const bytes = new Uint8Array(30).fill(9);
  expect(() => decodeReply(bytes, 4)).toThrow(expect.objectContaining({ code: 'tracker-udp/unknown-action' }));
});

test('a scrape reply gives back its counts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 74 }), (rows) => {
      const counts = rows.map(([seeders, completed, leechers]) => ({ seeders, completed, leechers }));
      expect(decodeReply(encodeScrapeReply(1, counts), 4)).toEqual({ type: 'scrape', transaction: 1, counts });
    }),
  );
});

test('any bytes are a reply or a ProtocolError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(4),
      fc.constantFrom(4 as const, 6 as const),
      (bytes, action, family) => {
        if (bytes.length >= 4) bytes.set([0, 0, 0, action]);
        try {
          expect(decodeReply(bytes, family).type).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      },
    ),
  );
});

test('whatever a client announces, the server reads', () => {
  const id20 = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Id20.from(bytes));
  const count = fc.maxSafeNat();
  const requests = fc.record({
    infoHash: id20,
    peerId: id20,
    port: fc.nat(65535),
    uploaded: count,
    downloaded: count,
    left: count,
    key: fc.nat(),
    numWant: fc.integer({ min: -1, max: 1000 }),
    event: fc.constantFrom<AnnounceEvent | undefined>(undefined, 'started', 'completed', 'stopped'),
  });
  const server = new UdpTrackerServer(new World());
  server.receive({ bytes: encodeConnect(1), address: CLIENT });
  const given = server.flush()[0]!.bytes.slice(8);
  fc.assert(
    fc.property(
      requests,
      fc.nat(),
      fc.string({ unit: 'binary-ascii', maxLength: 600 }),
      (asked, transaction, urlData) => {
        const { infoHash, peerId, ...numbers } = asked;
        const [event] = server.receive({ bytes: encodeAnnounce(given, transaction, asked, urlData), address: CLIENT });
        expect(event).toEqual({
          type: 'announce',
          from: CLIENT,
          transaction,
          infoHash: infoHash.bytes,
          peerId: peerId.bytes,
          claimedIp: 0,
          urlData,
          ...numbers,
        });
      },
    ),
  );
  expect(carry(server, CLIENT, server)).toEqual([]);
});
