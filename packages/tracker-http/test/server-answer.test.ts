import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from '../../bencode/src/index.ts';
import { encodeCompactList, formatIp, toHex } from '../../core/src/index.ts';
import { decodeAnnounce, decodeScrape, encodeAnnounce, encodeFailure, encodeScrape } from '../src/index.ts';
import { hash, text } from './world.ts';

const peers = encodeCompactList([{ ip: '192.0.2.1', port: 80 }], 4);

test('BEP 23: the shortest answer, to the byte', () => {
  expect(text(encodeAnnounce({ interval: 1800, complete: 3, incomplete: 40, peers }))).toBe(
    `d8:completei3e10:incompletei40e8:intervali1800e5:peers6:${text(peers)}e`,
  );
});

test('BEP 7, 23, 24: an answer with everything is canonical bencode', () => {
  const answer = {
    interval: 1800,
    minInterval: 60,
    complete: 1,
    incomplete: 0,
    downloaded: 9,
    peers,
    peers6: encodeCompactList([{ ip: '2001:db8::5', port: 82 }], 6),
    externalIp: Uint8Array.from([198, 51, 100, 7]),
    trackerId: 'höre',
    warning: 'wärning',
  };
  const body = encodeAnnounce(answer);
  expect(encode(decode(body))).toEqual(body);
  expect(decodeAnnounce(body)).toMatchObject({
    interval: 1800,
    minInterval: 60,
    complete: 1,
    incomplete: 0,
    downloaded: 9,
    peers: [
      { ip: '192.0.2.1', port: 80 },
      { ip: '2001:db8::5', port: 82 },
    ],
    externalIp: '198.51.100.7',
    warning: 'wärning',
  });
});

test('BEP 3, trackers: the long form, with peer ids or without', () => {
  const body = encodeAnnounce({
    interval: 1800,
    complete: 1,
    incomplete: 0,
    peers: [
      { ip: '192.0.2.1', port: 80, peerId: hash(7).bytes },
      { ip: '2001:db8::5', port: 82 },
    ],
  });
  expect(decode(body)).toMatchObject({ peers: [{ 'peer id': hash(7).bytes, port: 80 }, { port: 82 }] });
  expect(decodeAnnounce(body)).toMatchObject({
    peers: [
      { ip: '192.0.2.1', port: 80 },
      { ip: '2001:db8::5', port: 82 },
    ],
  });
});

test('BEP 31: failures', () => {
  expect(text(encodeFailure('no'))).toBe('d14:failure reason2:noe');
  expect(text(encodeFailure('Overloaded', 5))).toBe('d14:failure reason10:Overloaded8:retry ini5ee');
  expect(text(encodeFailure('Not a tracker', 'never'))).toBe('d14:failure reason13:Not a tracker8:retry in5:nevere');
});

test('BEP 48, scrape response: sorted by hash, each hash once', () => {
  const infoHashes = Uint8Array.from([...hash(9).bytes, ...hash(1).bytes, ...hash(9).bytes]);
  const body = encodeScrape(infoHashes, [
    { complete: 1, downloaded: 2, incomplete: 3 },
    { complete: 4, downloaded: 5, incomplete: 6, downloaders: 2 },
    { complete: 1, downloaded: 2, incomplete: 3 },
  ]);
  expect(encode(decode(body))).toEqual(body);
  const answer = decodeScrape(body);
  if (answer.type !== 'answer') throw new Error('a failure');
  expect([...answer.files]).toEqual([
    [toHex(hash(1).bytes), { complete: 4, downloaded: 5, incomplete: 6, downloaders: 2 }],
    [toHex(hash(9).bytes), { complete: 1, downloaded: 2, incomplete: 3 }],
  ]);
});

test('BEP 48, scrape response: no hash is no file', () => {
  expect(text(encodeScrape(new Uint8Array(0), []))).toBe('d5:filesdee');
});

test('whatever a server answers is canonical and the client reads it', () => {
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const addresses = (family: 4 | 6) =>
    fc.array(
      fc.record({
        ip: fc.uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 }).map(formatIp),
        port: fc.nat(65535),
      }),
      { maxLength: 60 },
    );
  const answers = fc.record({
    interval: count,
    complete: count,
    incomplete: count,
    downloaded: fc.option(count, { nil: undefined }),
    minInterval: fc.option(count, { nil: undefined }),
    warning: fc.option(fc.string({ maxLength: 90 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(answers, addresses(4), addresses(6), ({ downloaded, minInterval, warning, ...rest }, four, six) => {
      const v6 = six.filter(({ ip }) => ip.includes(':'));
      const body = encodeAnnounce({
        ...rest,
        ...(downloaded !== undefined && { downloaded }),
        ...(minInterval !== undefined && { minInterval }),
        ...(warning !== undefined && { warning }),
        peers: encodeCompactList(four, 4),
        peers6: encodeCompactList(v6, 6),
      });
      expect(encode(decode(body))).toEqual(body);
      expect(decodeAnnounce(body)).toMatchObject({ ...rest, downloaded, minInterval, peers: [...four, ...v6] });
    }),
  );
});

test('answers stay as they were while later ones are written', () => {
  const bodies = Array.from({ length: 400 }, (_, i) =>
    encodeAnnounce({ interval: i, complete: i, incomplete: i, peers: new Uint8Array(300).fill(i) }),
  );
  for (const [i, body] of bodies.entries()) expect(decodeAnnounce(body)).toMatchObject({ interval: i, complete: i });
});
