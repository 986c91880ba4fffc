import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20, ProtocolError } from '../../core/src/index.ts';
import { type AnnounceEvent, announceUrl, limits, parseTarget, pathOf, scrapeUrl } from '../src/index.ts';
import { ascii, hash, request } from './world.ts';

const HASH = '%00%25Jo%94%B9%DE%03%28Mr%97%BC%E1%06%2BPu%9A%BF';
const BASE = `/announce?info_hash=${HASH}&peer_id=-FE0100-~abc.def_123&port=6881`;
const targetOf = (url: string) => ascii(url.slice('http://t'.length));

test('BEP 3, trackers: what a client must say, and what stands for the rest', () => {
  expect(parseTarget(ascii(BASE))).toEqual({
    type: 'announce',
    infoHash: request.infoHash.bytes,
    peerId: request.peerId.bytes,
    port: 6881,
    uploaded: 0,
    downloaded: 0,
    left: -1,
    event: undefined,
    numWant: -1,
    compact: true,
    noPeerId: false,
    key: '',
    claimedIp: '',
    trackerId: '',
  });
});

test('BEP 3, 7, 21, 23: everything that a client may say', () => {
  const query =
    '&uploaded=1&downloaded=2&left=0&event=paused&numwant=7&compact=0&no_peer_id=1&key=AB%20C&ip=1.2.3.4&trackerid=t';
  expect(parseTarget(ascii(BASE + query))).toMatchObject({
    uploaded: 1,
    downloaded: 2,
    left: 0,
    event: 'paused',
    numWant: 7,
    compact: false,
    noPeerId: true,
    key: 'AB C',
    claimedIp: '1.2.3.4',
    trackerId: 't',
  });
});

test('bytes of a hash that are not UTF-8, escaped or not, in either case, and a plus for a space', () => {
  const raw = Uint8Array.from([0xe9, 0xff, 0x80]);
  const target = Uint8Array.from([
    ...ascii('/announce?info_hash=%e9%FF%80'),
    ...raw,
    ...ascii(`+%2b${'x'.repeat(12)}&peer_id=${'p'.repeat(20)}&port=1`),
  ]);
  const query = parseTarget(target);
  if (query?.type !== 'announce') throw new Error('no announce');
  expect([...query.infoHash.subarray(0, 8)]).toEqual([0xe9, 0xff, 0x80, 0xe9, 0xff, 0x80, 0x20, 0x2b]);
});

test.each([
  ['/announce', 'announce'],
  ['/announce.php', 'announce'],
  ['/secret/announce', 'announce'],
  ['/scrape', 'scrape'],
  ['/secret/scrape.php', 'scrape'],
  ['/', undefined],
  ['/stats', undefined],
  ['/announce/x', undefined],
  ['/xscrape', undefined],
  ['', undefined],
])('the path %s is for %s', (path, type) => {
  const query = type === 'scrape' ? '' : BASE.slice('/announce'.length);
  expect(parseTarget(ascii(path + query))?.type).toBe(type);
  expect(pathOf(ascii(path + query))).toBe(path);
});

test.each([
  ['missing-info-hash', '/announce'],
  ['missing-info-hash', '/announce?'],
  ['missing-info-hash', '/announce?&&=&info_hash'],
  ['missing-peer-id', `/announce?info_hash=${HASH}&port=1`],
  ['bad-port', `/announce?info_hash=${HASH}&peer_id=${HASH}`],
  ['bad-port', `/announce?info_hash=${HASH}&peer_id=${HASH}&port=65536`],
  ['bad-port', `/announce?info_hash=${HASH}&peer_id=${HASH}&port=-1`],
  ['bad-port', `/announce?info_hash=${HASH}&peer_id=${HASH}&port=1x`],
  ['bad-port', `/announce?info_hash=${HASH}&peer_id=${HASH}&port=`],
  ['bad-info-hash', `${BASE.replace(HASH, 'short')}`],
  ['bad-info-hash', `${BASE.replace(HASH, `${HASH}x`)}`],
  ['bad-info-hash', `${BASE.replace(HASH, HASH.replace('%BF', '%B'))}`],
  ['bad-info-hash', `${BASE.replace(HASH, HASH.replace('%BF', '%BG'))}`],
  ['bad-info-hash', `${BASE.replace(HASH, HASH.replace('%BF', '%'))}`],
  ['bad-peer-id', `${BASE}&peer_id=x`],
  ['duplicate-info-hash', `${BASE}&info_hash=${HASH}`],
])('BEP 3, trackers: %s', (what, target) => {
  expect(() => parseTarget(ascii(target))).toThrow(
    expect.objectContaining({ name: 'ProtocolError', code: `tracker-http/${what}` }),
  );
});

test.each([
  ['left=-1', { left: -1 }],
  ['left=18446744073709551615', { left: Number.MAX_SAFE_INTEGER }],
  ['left=99999999999999999999999', { left: -1 }],
  ['uploaded=-5', { uploaded: 0 }],
  ['downloaded=NaN', { downloaded: 0 }],
  ['numwant=-1', { numWant: -1 }],
  ['event=', { event: undefined }],
  ['event=empty', { event: undefined }],
  ['compact=1', { compact: true }],
  ['compact', { compact: true }],
  ['key=%zz', { key: '%zz' }],
])('numbers of clients that do not know, and other oddities: %s', (parameter, expected) => {
  expect(parseTarget(ascii(`${BASE}&${parameter}`))).toMatchObject(expected);
});

test('BEP 48, scrape request: any number of hashes up to the limit', () => {
  const one = parseTarget(ascii('/scrape'));
  expect(one).toEqual({ type: 'scrape', infoHashes: new Uint8Array(0), count: 0 });
  const many = parseTarget(targetOf(scrapeUrl('http://t/announce', [hash(1), hash(0xee)])));
  expect(many).toEqual({
    type: 'scrape',
    infoHashes: Uint8Array.from([...hash(1).bytes, ...hash(0xee).bytes]),
    count: 2,
  });
  const target = `/scrape?${`info_hash=${HASH}&`.repeat(limits.scrapeQueryHashes + 1)}`;
  expect(() => parseTarget(ascii(target))).toThrow(expect.objectContaining({ code: 'tracker-http/too-many-hashes' }));
});

test('whatever a client announces, the server reads', () => {
  const id20 = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Id20.from(bytes));
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const asked = fc.record({
    infoHash: id20,
    peerId: id20,
    port: fc.nat(65535),
    uploaded: count,
    downloaded: count,
    left: count,
    numWant: fc.nat(),
    event: fc.constantFrom<AnnounceEvent | undefined>(undefined, 'started', 'completed', 'stopped', 'paused'),
    trackerId: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 30 }),
    key: fc.nat(),
  });
  fc.assert(
    fc.property(asked, fc.constantFrom('/announce', '/announce?passkey=a%26b', '/x/announce.php?'), (said, path) => {
      const { infoHash, peerId, key, ...rest } = said;
      const query = parseTarget(targetOf(announceUrl(`http://t${path}`, said)));
      expect(query).toMatchObject({ type: 'announce', infoHash: infoHash.bytes, peerId: peerId.bytes, ...rest });
      expect(query).toMatchObject({ key: key.toString(16).toUpperCase().padStart(8, '0') });
    }),
  );
});

test('any bytes are a query, none, or a ProtocolError', () => {
  const pieces = fc.constantFrom('info_hash=', HASH, '&', '%', 'peer_id=', 'port=', '=', '1', '/announce?', '/scrape?');
  const mixed = fc
    .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 30 })
    .map((all) => ascii(all.join('')));
  fc.assert(
    fc.property(fc.oneof(mixed, fc.uint8Array({ maxLength: 300 })), (target) => {
      try {
        parseTarget(target);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});
