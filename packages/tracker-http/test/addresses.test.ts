import { expect, test } from 'vitest';
import type { Address } from '../../core/src/index.ts';
import { redirectRules } from '../src/addresses.ts';
import { parseTrackerUrl, permitsTracker, permitsTrackerUrl } from '../src/index.ts';

const GLOBAL: Address = { ip: '1.2.3.4', port: 80 };
const LAN: Address = { ip: '192.168.1.5', port: 80 };
const LOOPBACK: Address = { ip: '127.0.0.1', port: 80 };

test.each([
  'http://tracker.example/announce',
  'https://tracker.example:8443/a1b2c3/announce?passkey=1',
  'udp://tracker.example:6969/announce',
  'http://[2001:db8::1]:80/announce',
  'HTTP://Tracker.Example./announce#x',
])('a tracker that may be asked: %s', (url) => {
  expect(permitsTrackerUrl(url)).toBe(true);
});

test.each([
  ['a scheme that is no tracker', 'ftp://tracker.example/announce'],
  ['a file', 'file:///etc/passwd'],
  ['a web socket', 'wss://tracker.example/announce'],
  ['no host', 'http:///announce'],
  ['a user', 'http://user:secret@tracker.example/announce'],
  ['a host behind a user', 'http://tracker.example@127.0.0.1/announce'],
  ['a backslash, which browsers read as a slash', 'http://tracker.example\\@127.0.0.1/announce'],
  ['a line break', 'http://tracker.example/announce\r\nHost: x'],
  ['a space', 'http://tracker.example/ announce'],
  ['an escaped host', 'http://%31%32%37.0.0.1/announce'],
  ['a port out of range', 'http://tracker.example:65536/announce'],
  ['port 0', 'http://tracker.example:0/announce'],
  ['letters outside ASCII', 'http://träcker.example/announce'],
  ['a name that stands for such letters', 'http://xn--trcker-bua.example/announce'],
  ['such a name further on', 'http://www.xn--trcker-bua.example/announce'],
  ['an info-hash of its own', 'http://tracker.example/announce?info_hash=x'],
  ['an event of its own', 'http://tracker.example/announce?a=1&EVENT=stopped'],
  ['a port of its own, escaped', 'http://tracker.example/announce?p%6frt=1'],
])('a URL with %s is refused', (_, url) => {
  expect(permitsTrackerUrl(url)).toBe(false);
});

test('international names are a choice', () => {
  const url = 'http://xn--trcker-bua.example/announce';
  expect(permitsTrackerUrl(url, { internationalNames: true })).toBe(true);
  expect(permitsTracker(url, GLOBAL)).toBe(false);
  expect(permitsTracker(url, GLOBAL, undefined, { internationalNames: true })).toBe(true);
});

const rows: [boolean, string, string, string, Address?][] = [
  [true, 'a global address', 'http://t.example/a?info_hash=x', '1.2.3.4'],
  [true, 'a global IPv6 address', 'http://t.example/a', '2600::1'],
  [true, 'a private address', 'http://t.example/a', '192.168.1.5'],
  [true, 'loopback at /announce', 'http://t.example/announce?info_hash=x', '127.0.0.1'],
  [true, 'loopback at /announce over UDP', 'udp://t.example:1/announce', '::1'],
  [true, 'loopback at /scrape', 'http://t.example/scrape?info_hash=x', '127.0.0.1'],
  [false, 'loopback at another path', 'http://t.example/api/announce', '127.0.0.1'],
  [false, 'loopback at a path that only begins so', 'http://t.example/announce/../api', '127.0.0.1'],
  [false, 'IPv6 loopback at another path', 'http://t.example/', '::1'],
  [false, 'loopback inside IPv6 at another path', 'http://t.example/', '::ffff:127.0.0.1'],
  [false, 'the other loopbacks at another path', 'http://t.example/', '127.8.9.10'],
  [false, 'the unspecified address', 'http://t.example/announce', '0.0.0.0'],
  [false, 'the unspecified IPv6 address', 'http://t.example/announce', '::'],
  [false, 'where clouds keep their secrets', 'http://t.example/announce', '169.254.169.254'],
  [false, 'a link-local IPv6 address', 'http://t.example/announce', 'fe80::1'],
  [false, 'multicast', 'http://t.example/announce', '239.1.2.3'],
  [false, 'no address', 'http://t.example/announce', 'localhost'],
  [false, 'another scheme', 'gopher://t.example/announce', '1.2.3.4'],
  [true, 'global to global', 'http://t.example/a', '1.2.3.5', GLOBAL],
  [false, 'global to private', 'http://t.example/a', '10.0.0.1', GLOBAL],
  [false, 'global to loopback, even at /announce', 'http://t.example/announce', '127.0.0.1', GLOBAL],
  [false, 'private to loopback', 'http://t.example/announce', '127.0.0.1', LAN],
  [true, 'private to private', 'http://t.example/a', '192.168.1.6', LAN],
  [true, 'loopback to private', 'http://t.example/a', '192.168.1.6', LOOPBACK],
  [true, 'loopback to loopback at /announce', 'http://t.example/announce', '127.0.0.1', LOOPBACK],
  [true, 'private to global', 'http://t.example/a', '1.2.3.4', LAN],
];

test.each<[boolean, string, string, string, Address?]>(rows)('%s for %s', (expected, _, url, ip, from) => {
  expect(permitsTracker(url, { ip, port: 80 }, from)).toBe(expected);
});

test('an exchange remembers where it was redirected from, for every address of a name', () => {
  const permits = redirectRules({});
  expect(permits(LAN, 'http://a.example/x')).toBe(true);
  expect(permits(GLOBAL, 'http://a.example/x')).toBe(true);
  expect(permits(LAN, 'http://b.example/x')).toBe(false);
  expect(permits(GLOBAL, 'http://b.example/x')).toBe(true);
  expect(permits(LOOPBACK, 'http://c.example/announce')).toBe(false);
});

test('a redirect that was refused does not make the next one harmless', () => {
  const permits = redirectRules({});
  expect(permits(GLOBAL, 'http://a.example/x')).toBe(true);
  expect(permits(LAN, 'http://b.example/x')).toBe(false);
  expect(permits({ ip: '192.168.1.9', port: 80 }, 'http://b.example/x')).toBe(false);
});

test('RFC 3986: the parts of a URL, as they stand', () => {
  expect(parseTrackerUrl('http://T.example/a%2Fb?c=%64#e')).toEqual({
    scheme: 'http',
    host: 't.example',
    port: 80,
    path: '/a%2Fb',
    query: 'c=%64',
  });
  expect(parseTrackerUrl('udp://[2001:DB8::1]:6969')).toEqual({
    scheme: 'udp',
    host: '2001:db8::1',
    port: 6969,
    path: '/',
    query: undefined,
  });
});
