/** Where a web seed may be: no machine nearby is asked on behalf of strangers (server-side request forgery). */
import { expect, test } from 'vitest';
import { permitsWebSeed, redirectRules } from '../src/index.ts';

const at = (ip: string, port = 80) => ({ ip, port });

test.each([
  ['203.0.113.5', false, undefined, true],
  ['8.8.8.8', true, undefined, true],
  ['8.8.8.8', true, '192.168.0.2', true],
  ['192.168.0.2', false, undefined, true],
  ['192.168.0.2', true, undefined, false],
  ['192.168.0.2', false, '8.8.8.8', false],
  ['192.168.0.2', false, '10.0.0.1', true],
  ['127.0.0.1', false, undefined, true],
  ['127.0.0.1', true, undefined, false],
  ['127.0.0.1', false, '127.0.0.1', true],
  ['127.0.0.1', false, '192.168.0.2', false],
  ['::1', false, '2001:db8::1', false],
  ['169.254.169.254', false, undefined, false],
  ['0.0.0.0', false, undefined, false],
  ['fe80::1', false, undefined, false],
  ['224.0.0.1', false, undefined, false],
  ['nonsense', false, undefined, false],
] as const)('%s, query %s, redirected from %s: %s', (ip, query, from, permitted) => {
  expect(permitsWebSeed(at(ip), query, from === undefined ? undefined : at(from))).toBe(permitted);
});

test('port 0 is nowhere', () => {
  expect(permitsWebSeed(at('8.8.8.8', 0), false)).toBe(false);
});

test('the rules of one exchange remember who redirected it', () => {
  const permits = redirectRules('http://mirror.example/a');
  expect(permits(at('8.8.8.8'), 'http://mirror.example/a')).toBe(true);
  expect(permits(at('10.0.0.1'), 'http://inside.example/a')).toBe(false);
  expect(permits(at('9.9.9.9'), 'http://outside.example/a')).toBe(true);
});

test('one address of a name that is far away counts for all of them', () => {
  const permits = redirectRules('http://both.example/a');
  expect(permits(at('10.0.0.1'), 'http://both.example/a')).toBe(true);
  expect(permits(at('8.8.8.8'), 'http://both.example/a')).toBe(true);
  expect(permits(at('10.0.0.2'), 'http://inside.example/a')).toBe(false);
});

test('BEP 17: what the client adds to the URL is no order of strangers, what a redirect adds is', () => {
  const script = redirectRules('http://nas.example/seed.php');
  expect(script(at('192.168.0.2'), 'http://nas.example/seed.php?info_hash=x&piece=1')).toBe(true);
  expect(script(at('192.168.0.2'), 'http://nas.example/reboot?now')).toBe(false);
  const withQuery = redirectRules('http://nas.example/seed.php?reboot');
  expect(withQuery(at('192.168.0.2'), 'http://nas.example/seed.php?reboot&piece=1')).toBe(false);
});

test('a redirect to something that is no URL for a web seed is refused, and so is what the owner refuses', () => {
  const permits = redirectRules('http://h/', {}, ({ port }) => port === 80);
  expect(permits(at('8.8.8.8', 81), 'http://h:81/')).toBe(false);
  expect(permits(at('8.8.8.8'), 'http://xn--h-0ga/')).toBe(false);
  expect(permits(at('8.8.8.8'), 'http://h/')).toBe(true);
});
