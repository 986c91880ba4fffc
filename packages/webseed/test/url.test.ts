/** The URLs of web seeds (BEP 19, metadata extension and multi-file torrents; BEP 17, protocol). */
import { expect, test } from 'vitest';
import { Id20 } from '../../core/src/index.ts';
import { fileUrl, limits, parseSeedUrl, pieceUrl, type SeedFile } from '../src/index.ts';

const file = (path: readonly string[], original?: readonly string[]): SeedFile => ({
  path,
  ...(original && { original }),
  length: 1,
  padding: false,
});

test('BEP 19: a single file is at the URL itself, or at its name behind a slash', () => {
  expect(fileUrl('http://mirror.example/file.exe', file(['x.exe']), true)).toBe('http://mirror.example/file.exe');
  expect(fileUrl('http://mirror.example/pub/', file(['x.exe']), true)).toBe('http://mirror.example/pub/x.exe');
});

test('BEP 19: the files of a folder are below the URL, with or without its slash', () => {
  const readme = file(['michael', 'docs', 'Readme.txt']);
  const url = 'http://mirror.example/pub/michael/docs/Readme.txt';
  expect(fileUrl('http://mirror.example/pub/', readme, false)).toBe(url);
  expect(fileUrl('http://mirror.example/pub', readme, false)).toBe(url);
});

test('BEP 19: names are escaped as UTF-8, one by one, and the names of the torrent count', () => {
  const odd = file(['n', 'safe'], ['n', 'a b/c#?%(1)+é日\ud800']);
  expect(fileUrl('http://h/', odd, false)).toBe('http://h/n/a%20b%2Fc%23%3F%25%281%29%2B%C3%A9%E6%97%A5%EF%BF%BD');
});

test('BEP 17: a script is asked for a piece, or a range of it with its last byte', () => {
  const hash = Id20.from('9cd9698af555751a9186ae066c57ea21572335e0');
  const escaped = '%9C%D9%69%8A%F5%55%75%1A%91%86%AE%06%6C%57%EA%21%57%23%35%E0';
  expect(pieceUrl('http://h/seed.php', hash, 3)).toBe(`http://h/seed.php?info_hash=${escaped}&piece=3`);
  expect(pieceUrl('http://h/seed.php?a=b', hash, 8, { from: 49_152, to: 131_072 })).toBe(
    `http://h/seed.php?a=b&info_hash=${escaped}&piece=8&ranges=49152-131071`,
  );
});

test.each([
  ['http://h', 'http://h/'],
  ['  HTTPS://Mirror.Example:8443/a b/ü?q="x"#top', 'https://mirror.example:8443/a%20b/%C3%BC?q=%22x%22'],
  ['http://h/100%/%41', 'http://h/100%25/%41'],
  ['http://h/a\\b', 'http://h/a%5Cb'],
  ['http://h?q', 'http://h/?q'],
  ['http://[2001:DB8::1]:80/', 'http://[2001:db8::1]:80/'],
  ['http://me:secret@h/', 'http://me:secret@h/'],
])('RFC 3986: %s is asked as %s', (url, asked) => {
  expect(parseSeedUrl(url)).toBe(asked);
});

test.each([
  'ftp://h/',
  'file:///etc/passwd',
  'h/path',
  '',
  'http://',
  'http:///path',
  'http://h:0/',
  'http://h:70000/',
  'http://a b/',
  'http://h\\@other/',
  'http://a@b@h/',
  'http://h/\u0000',
  'http://h/a\nb',
  'http://mïrror.example/',
  'http://xn--mrror-2va.example/',
  'http://[::1',
  `http://h/${'x'.repeat(limits.urlLength)}`,
])('RFC 3986: %s is refused', (url) => {
  expect(() => parseSeedUrl(url)).toThrow(expect.objectContaining({ code: 'webseed/bad-url' }));
});

test('an international name is asked where the rules say so', () => {
  const url = 'http://xn--mrror-2va.example/';
  expect(parseSeedUrl(url, { internationalNames: true })).toBe(url);
});
