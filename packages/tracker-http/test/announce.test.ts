import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../bencode/src/index.ts';
import { ProtocolError } from '../../core/src/index.ts';
import { announceUrl, decodeAnnounce, limits } from '../src/index.ts';
import { ascii, hash, request } from './world.ts';

const QUERY =
  'info_hash=%00%25Jo%94%B9%DE%03%28Mr%97%BC%E1%06%2BPu%9A%BF&peer_id=-FE0100-~abc.def_123' +
  '&port=6881&uploaded=1&downloaded=2&left=3&compact=1';

test('BEP 3, trackers: hash and peer id are escaped byte by byte, unreserved characters stay', () => {
  expect(announceUrl('http://tracker.example/announce', request)).toBe(`http://tracker.example/announce?${QUERY}`);
});

test('BEP 3, trackers: every byte has one form', () => {
  const escaped = announceUrl('http://t/a', { ...request, infoHash: hash(0xe9) });
  expect(escaped).toContain(`info_hash=${'%E9'.repeat(20)}&`);
});

test.each([
  ['http://t/a', '?'],
  ['http://t/a?', ''],
  ['http://t/a?passkey=%41+b%2f', '&'],
  ['http://t/a?x=1&', ''],
  ['http://t/?a=/announce', '&'],
])('an existing query is kept as it is: %s', (url, separator) => {
  expect(announceUrl(url, request)).toBe(`${url}${separator}${QUERY}`);
});

test('a fragment is dropped', () => {
  expect(announceUrl('http://t/a?k=1#frag?x', request)).toBe(`http://t/a?k=1&${QUERY}`);
});

test('BEP 7, 21, 3: event, key, wanted peers and tracker id follow when they are given', () => {
  const url = announceUrl('http://t/a', { ...request, event: 'paused', key: 0xbeef, numWant: 0, trackerId: 'a b\xff' });
  expect(url).toBe(`http://t/a?${QUERY}&numwant=0&key=0000BEEF&event=paused&trackerid=a%20b%FF`);
});

const compact = Uint8Array.from([192, 0, 2, 1, 0, 80, 192, 0, 2, 2, 0, 81]);
const TWO = [
  { ip: '192.0.2.1', port: 80 },
  { ip: '192.0.2.2', port: 81 },
];

test('BEP 23: compact peers, with all that may stand beside them', () => {
  const body = encode({
    complete: 5,
    downloaded: 6,
    'external ip': Uint8Array.from([198, 51, 100, 7]),
    incomplete: 7,
    interval: 1800,
    'min interval': 300,
    peers: compact,
    'tracker id': 'id\xff',
    'warning message': 'soon',
  });
  expect(decodeAnnounce(body)).toEqual({
    type: 'answer',
    interval: 1800,
    minInterval: 300,
    peers: TWO,
    named: [],
    complete: 5,
    incomplete: 7,
    downloaded: 6,
    trackerId: 'id\u00c3\u00bf',
    warning: 'soon',
    externalIp: '198.51.100.7',
  });
});

test('BEP 7: peers6 beside peers', () => {
  const peers6 = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 82]);
  const answer = decodeAnnounce(encode({ interval: 1, peers: compact, peers6 }));
  expect(answer).toMatchObject({ peers: [...TWO, { ip: '2001:db8::5', port: 82 }] });
});

test('BEP 24: the external address may be IPv6, and is left out if it is neither', () => {
  const ip = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
  const body = (externalIp: Uint8Array) => encode({ interval: 1, 'external ip': externalIp, peers: '' });
  expect(decodeAnnounce(body(ip))).toMatchObject({ externalIp: '2001:db8::5' });
  expect(decodeAnnounce(body(ip.subarray(1)))).toMatchObject({ externalIp: undefined });
});

test('BEP 3, trackers: peers as dictionaries, with addresses of both families and names', () => {
  const peer = (ip: string, port: number | string) => ({ ip, 'peer id': 'x'.repeat(20), port });
  const peers = [
    peer('192.0.2.1', 80),
    peer('2001:DB8::5', 82),
    peer('[2001:db8::6]', 83),
    peer('peer.example', 84),
    peer('192.0.2.2', '81'),
    peer('192.0.2.3', 70_000),
    peer('no name\n', 85),
    { port: 1 },
  ];
  expect(decodeAnnounce(encode({ interval: 1, peers }))).toMatchObject({
    peers: [
      { ip: '192.0.2.1', port: 80 },
      { ip: '2001:db8::5', port: 82 },
      { ip: '2001:db8::6', port: 83 },
      { ip: '192.0.2.2', port: 81 },
    ],
    named: [{ name: 'peer.example', port: 84 }],
  });
});

test.each<[string, string | number | undefined, number | 'never' | undefined]>([
  ['nothing', undefined, undefined],
  ['a number', 5, 5],
  ['a number as text, as in the examples', '5', 5],
  ['never', 'never', 'never'],
  ['something else', 'later', undefined],
  ['a negative number', -5, undefined],
])('BEP 31: a failure with %s in "retry in"', (_, said, retryIn) => {
  const body = encode({ 'failure reason': 'Overloaded', 'retry in': said });
  expect(decodeAnnounce(body)).toEqual({ type: 'failure', reason: 'Overloaded', retryIn });
});

test('BEP 3, trackers: a failure counts whatever stands beside it', () => {
  expect(decodeAnnounce(encode({ 'failure reason': 'no', interval: 1800, peers: compact }))).toMatchObject({
    type: 'failure',
  });
});

test.each<[string, Uint8Array, object]>([
  ['unsorted keys', ascii('d5:peers0:8:intervali9ee'), { interval: 9 }],
  ['bytes behind the end', ascii('d8:intervali9e5:peers0:e\r\n'), { interval: 9 }],
  ['an interval as text', ascii('d8:interval1:95:peers0:e'), { interval: 9 }],
  ['no interval', ascii('d5:peers0:e'), { interval: undefined }],
  ['a negative interval', ascii('d8:intervali-9e5:peers0:e'), { interval: undefined }],
  ['no peers', ascii('d8:intervali9ee'), { peers: [] }],
  ['a piece of a peer at the end', encode({ interval: 1, peers: compact.subarray(0, 9) }), { peers: [TWO[0]] }],
  ['an empty tracker id', ascii('d8:intervali9e5:peers0:10:tracker id0:e'), { trackerId: undefined }],
])('deployed trackers send %s', (_, body, expected) => {
  expect(decodeAnnounce(body)).toMatchObject(expected);
});

test.each<[string, string, Uint8Array]>([
  ['a page', 'tracker-http/not-bencoded', ascii('<html></html>')],
  ['nothing', 'tracker-http/not-bencoded', new Uint8Array(0)],
  ['a cut-off answer', 'tracker-http/not-bencoded', ascii('d8:intervali9e5:peers12:abc')],
  ['deep lists', 'tracker-http/not-bencoded', ascii('l'.repeat(100_000))],
  ['a list', 'tracker-http/not-an-answer', ascii('le')],
  ['an empty dictionary', 'tracker-http/not-an-answer', ascii('de')],
])('%s is a ProtocolError %s', (_, code, body) => {
  expect(() => decodeAnnounce(body)).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
});

test('words of a tracker are cut and cannot move the cursor or turn the text around', () => {
  const answer = decodeAnnounce(encode({ 'failure reason': `a\u001b[2J\u202eb${'x'.repeat(5000)}` }));
  if (answer.type !== 'failure') throw new Error('no failure');
  expect(answer.reason.startsWith('a [2J bxx')).toBe(true);
  expect(answer.reason.length).toBeLessThanOrEqual(limits.messageLength);
});

test('no more peers are taken than the limit', () => {
  const answer = decodeAnnounce(encode({ interval: 1, peers: new Uint8Array(6 * 10_000) }));
  expect(answer).toMatchObject({ peers: { length: limits.peers } });
  const list = Array.from({ length: 3000 }, () => ({ ip: '192.0.2.1', port: 1 }));
  expect(decodeAnnounce(encode({ interval: 1, peers: list }))).toMatchObject({ peers: { length: limits.peers } });
});

test('any bytes, and any changed answer, are an answer or a ProtocolError', () => {
  const good = encode({ interval: 1800, peers: compact, 'min interval': 5, 'warning message': 'w' });
  const changed = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 5 }).map((edits) => {
    const copy = good.slice();
    for (const [at, byte] of edits) copy[at] = byte;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (body) => {
      try {
        expect(['answer', 'failure']).toContain(decodeAnnounce(body).type);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});
