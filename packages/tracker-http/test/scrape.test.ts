import { expect, test } from 'vitest';
import { encode } from '../../bencode/src/index.ts';
import { decodeScrape, limits, scrapeUrl } from '../src/index.ts';
import { ascii, hash } from './world.ts';

const A = `info_hash=${'%01'.repeat(20)}`;
const B = `info_hash=${'%02'.repeat(20)}`;

test.each([
  ['http://t/announce', `http://t/scrape?${A}&${B}`],
  ['http://t/x/announce', `http://t/x/scrape?${A}&${B}`],
  ['http://t/announce.php', `http://t/scrape.php?${A}&${B}`],
  ['http://t/announce?x=2/4', `http://t/scrape?x=2/4&${A}&${B}`],
  ['http://t/x/announce%3Fy#z', `http://t/x/scrape%3Fy?${A}&${B}`],
  ['http://announce.example/announce', `http://announce.example/scrape?${A}&${B}`],
])('BEP 48, scrape request: %s', (tracker, expected) => {
  expect(scrapeUrl(tracker, [hash(1), hash(2)])).toBe(expected);
});

test.each([
  'http://t/a',
  'http://t/x?y=announce',
  'http://t/announce/x',
  'http://t/xannounce',
  'http://announce',
  'http://t/',
])('BEP 48, scrape request: %s has no scrape URL', (tracker) => {
  expect(() => scrapeUrl(tracker, [hash(1)])).toThrow(expect.objectContaining({ code: 'tracker-http/no-scrape' }));
});

test('BEP 48, scrape response: the example of the BEP', () => {
  const body = ascii(
    'd5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei11e10:downloadedi13772e10:incompletei19ee' +
      '20:yyyyyyyyyyyyyyyyyyyyd8:completei21e10:downloadedi206e10:incompletei20eeee',
  );
  const answer = decodeScrape(body);
  if (answer.type !== 'answer') throw new Error('a failure');
  expect([...answer.files]).toEqual([
    ['78'.repeat(20), { complete: 11, downloaded: 13772, incomplete: 19 }],
    ['79'.repeat(20), { complete: 21, downloaded: 206, incomplete: 20 }],
  ]);
});

test('BEP 21, tracker scrapes: downloaders are counted apart', () => {
  const files = {
    [String.fromCharCode(...hash(0xe9).bytes)]: { complete: 1, downloaded: 2, downloaders: 3, incomplete: 4 },
  };
  const answer = decodeScrape(encode({ files }));
  if (answer.type !== 'answer') throw new Error('a failure');
  expect(answer.files.get('e9'.repeat(20))).toEqual({ complete: 1, downloaded: 2, incomplete: 4, downloaders: 3 });
});

test('BEP 48, scrape response: missing counts are zero, odd entries are left out', () => {
  const files = { [String.fromCharCode(...hash(1).bytes)]: { complete: 1 }, short: {}, [`${'z'.repeat(20)}`]: 5 };
  const answer = decodeScrape(encode({ files }));
  if (answer.type !== 'answer') throw new Error('a failure');
  expect([...answer.files]).toEqual([['01'.repeat(20), { complete: 1, downloaded: 0, incomplete: 0 }]]);
});

test('BEP 48, BEP 31: a failure', () => {
  const body = encode({ 'failure reason': 'no scrape', 'retry in': 'never' });
  expect(decodeScrape(body)).toEqual({ type: 'failure', reason: 'no scrape', retryIn: 'never' });
});

test('an answer without files is a ProtocolError', () => {
  expect(() => decodeScrape(ascii('de'))).toThrow(expect.objectContaining({ code: 'tracker-http/not-an-answer' }));
});

test('misuse is told: no hashes, too many hashes', () => {
  expect(() => scrapeUrl('http://t/announce', [])).toThrow(RangeError);
  const many = new Array(limits.scrapeHashes + 1).fill(hash(1));
  expect(() => scrapeUrl('http://t/announce', many)).toThrow(RangeError);
});
