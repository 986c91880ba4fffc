/** The small website, the client that asks it, and the URLs between them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResponseReader } from '../src/http-response.ts';
import { files, type Respond, Simulation } from '../src/index.ts';
import { parseUrl, resolveUrl } from '../src/url.ts';
import { A, B, bytesOf } from './pair.ts';

function get(respond: Respond, url: string, headers: Record<string, string> = {}) {
  const sim = new Simulation({ seed: 1, link: { latency: 10 } });
  sim.serve(B, 80, respond);
  sim.name('site.example', [B]);
  const heard = { status: 0, headers: {} as Readonly<Record<string, string>>, body: [] as number[], error: '' };
  let over = false;
  sim.host(A).http(
    { url, headers, permits: () => true },
    {
      head: (status, answered) => Object.assign(heard, { status, headers: answered }),
      body: (bytes) => heard.body.push(...bytes),
      end: (error) => {
        over = true;
        heard.error = error?.message ?? '';
      },
    },
  );
  expect(sim.run(() => over)).toBe(true);
  return heard;
}

test('a function answers with status, headers and body', () => {
  const heard = get(
    ({ target, headers, from }) => ({
      status: 418,
      headers: { 'x-from': from.ip },
      body: `${target} ${headers['x-a']}`,
    }),
    'http://site.example/tea?now',
    { 'X-A': 'b' },
  );
  expect(heard.status).toBe(418);
  expect(heard.headers['x-from']).toBe(A);
  expect(String.fromCharCode(...heard.body)).toBe('/tea?now b');
});

test('files are served whole, by range, or not at all', () => {
  const respond = files({ '/a': bytesOf(1000) });
  const range = (value: string) => get(respond, 'http://site.example/a', { range: value });
  expect(get(respond, 'http://site.example/a').body).toEqual([...bytesOf(1000)]);
  expect(range('bytes=10-19')).toMatchObject({ status: 206, body: [...bytesOf(1000).subarray(10, 20)] });
  expect(range('bytes=990-').headers['content-range']).toBe('bytes 990-999/1000');
  expect(range('bytes=990-5000').body.length).toBe(10);
  expect(range('bytes=1000-').status).toBe(416);
  for (const path of ['/b', '/toString']) expect(get(respond, `http://site.example${path}`).status).toBe(404);
});

test('https is asked on its own port', () => {
  expect(get(() => ({}), 'https://site.example/').error).toContain('refuses');
});

test('URLs are read as they are sent', () => {
  expect(parseUrl('HTTP://Example.COM:80/a%20b?c#d')).toMatchObject({
    scheme: 'http',
    host: 'example.com',
    port: 80,
    authority: 'example.com',
    target: '/a%20b?c',
    text: 'http://example.com/a%20b?c',
  });
  expect(parseUrl('https://[2001:db8::1]:8443?q')).toMatchObject({
    host: '2001:db8::1',
    port: 8443,
    authority: '[2001:db8::1]:8443',
    target: '/?q',
  });
  for (const bad of [
    '',
    'http:',
    'http://',
    'http://a:0/',
    'http://a:99999/',
    'http://a b/',
    'ftp://a/',
    'http://[::1/',
    '/a',
  ]) {
    expect(parseUrl(bad), bad).toBeUndefined();
  }
});

test.each([
  ['g', 'http://a/b/c/g'],
  ['./g', 'http://a/b/c/g'],
  ['g/', 'http://a/b/c/g/'],
  ['/g', 'http://a/g'],
  ['//g', 'http://g/'],
  ['?y', 'http://a/b/c/d;p?y'],
  ['g?y', 'http://a/b/c/g?y'],
  ['', 'http://a/b/c/d;p?q'],
  ['#s', 'http://a/b/c/d;p?q'],
  ['.', 'http://a/b/c/'],
  ['..', 'http://a/b/'],
  ['../g', 'http://a/b/g'],
  ['../../../g', 'http://a/g'],
  ['/./g', 'http://a/g'],
  ['/a/../g', 'http://a/g'],
  ['g?y/../x', 'http://a/b/c/g?y/../x'],
])('the reference %s leads where RFC 3986, section 5.4, says', (reference, expected) => {
  expect(resolveUrl(reference, parseUrl('http://a/b/c/d;p?q')!)?.text).toBe(expected);
});

test('references to other schemes lead nowhere', () => {
  for (const reference of ['file:///etc/passwd', 'javascript:x', 'data:,x']) {
    expect(resolveUrl(reference, parseUrl('http://a/')!)).toBeUndefined();
  }
});

test('a response says the same however it is cut, and garbage never throws', () => {
  const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x\r\n wo\r\n0\r\nA: b\r\n\r\n';
  const read = (bytes: Uint8Array, cuts: readonly number[]) => {
    const reader = new ResponseReader();
    const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((x, y) => x - y);
    const events = [];
    let from = 0;
    for (const to of [...borders, bytes.length]) {
      events.push(...reader.receive(bytes.slice(from, to)));
      from = to;
    }
    events.push(...reader.finish());
    const body = events.flatMap((event) => (event.type === 'body' ? [...event.bytes] : []));
    return { body, kinds: events.map(({ type }) => type).filter((type) => type !== 'body') };
  };
  const whole = new TextEncoder().encode(text);
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (cuts, edits) => {
      expect(read(whole, cuts)).toEqual({ body: [...new TextEncoder().encode('hello wo')], kinds: ['head', 'end'] });
      const spoilt = whole.slice();
      for (const [at, value] of edits) spoilt[at % spoilt.length] = value;
      expect(['end', 'failed']).toContain(read(spoilt, cuts).kinds.at(-1));
    }),
  );
});
