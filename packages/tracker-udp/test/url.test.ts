import { expect, test } from 'vitest';
import { parseUdpUrl } from '../src/index.ts';

test.each([
  ['udp://tracker.example:6969', 'tracker.example', 6969, ''],
  ['UDP://tracker.example:80/', 'tracker.example', 80, '/'],
  ['udp://tracker.example:80/dir?a=b&c=d#x', 'tracker.example', 80, '/dir?a=b&c=d'],
  ['udp://tracker.example:80?a', 'tracker.example', 80, '?a'],
  ['udp://192.0.2.1:80/a', '192.0.2.1', 80, '/a'],
  ['udp://[2001:db8::1]:80/a', '2001:db8::1', 80, '/a'],
])('BEP 41, overview: %s', (url, host, port, urlData) => {
  expect(parseUdpUrl(url)).toEqual({ host, port, urlData });
});

test.each([
  'udp://tracker.example/announce',
  'udp://tracker.example:0/',
  'udp://tracker.example:65536/',
  'udp://:80/',
  'udp://a b:80/',
  'udp://user@tracker.example:80/',
  'http://tracker.example:80/',
  'udp://tracker.example:80/ä',
  '',
])('%s is no URL of a UDP tracker', (url) => {
  expect(() => parseUdpUrl(url)).toThrow(expect.objectContaining({ code: 'tracker-udp/bad-url' }));
});
