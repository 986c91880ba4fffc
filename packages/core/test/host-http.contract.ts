/** HTTP GET, as every host offers it (RFC 9112). */
import { expect } from 'vitest';
import { equalBytes } from '../src/index.ts';
import { type HostPair, noise, passes, type Scenario } from './host-pair.ts';
import { fetched, type Page, Reply, site } from './http-site.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const hello: Page = { send: [`${OK}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`] };

export function httpTests(scenario: Scenario): void {
  bodyTests(scenario);
  headTests(scenario);
  redirectTests(scenario);
  permitTests(scenario);
  failureTests(scenario);
  controlTests(scenario);
}

function bodyTests(scenario: Scenario): void {
  const bodyIs = (title: string, page: Page, body: Uint8Array) =>
    scenario(title, async (pair) => {
      const reply = await fetched(pair, { url: `${(await site(pair, { '/': page })).url}/` });
      expect(reply.error).toBeUndefined();
      expect(reply.status).toBe(200);
      expect(equalBytes(reply.bytes, body)).toBe(true);
    });
  const text = (words: string) => new TextEncoder().encode(words);

  bodyIs('a body with a content-length', hello, text('hello'));
  bodyIs(
    'a large body in many parts',
    { send: [`${OK}Content-Length: 300000\r\n\r\n`, noise(300_000)] },
    noise(300_000),
  );
  bodyIs('a body of length 0', { send: [`${OK}Content-Length: 0\r\n\r\n`] }, text(''));
  bodyIs(
    'a body that the end of the stream ends',
    { send: [`${OK}\r\n`, 'some', ' text'], end: true },
    text('some text'),
  );
  bodyIs(
    'a chunked body with an extension and a trailer',
    {
      send: [
        `${OK}Transfer-Encoding: chunked\r\n\r\n`,
        '4;name="value"\r\nsome\r\n',
        '5\r\n te',
        'xt\r',
        '\n0\r\nTrailer: x\r\n\r\n',
      ],
    },
    text('some text'),
  );
  bodyIs(
    'a head that comes in pieces',
    { send: ['HTTP/1', '.1 200 OK\r', '\nContent-Le', 'ngth: 2\r\n\r', '\nok'] },
    text('ok'),
  );
  bodyIs(
    'an answer after an informational one',
    { send: ['HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n', `${OK}Content-Length: 2\r\n\r\nok`] },
    text('ok'),
  );
  bodyIs('an HTTP/1.0 answer', { send: ['HTTP/1.0 200 OK\r\n\r\nold'], end: true }, text('old'));
}

function headTests(scenario: Scenario): void {
  scenario('head tells status, headers in lower case and the URL', async (pair) => {
    const { url } = await site(pair, { '/a?b=c': hello });
    const reply = await fetched(pair, { url: `${url}/a?b=c` });
    expect(reply.heads).toHaveLength(1);
    expect(reply.heads[0]).toMatchObject({ status: 200, url: `${url}/a?b=c` });
    expect(reply.heads[0]?.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '5' });
  });

  scenario('the request is a GET with its path, query, host and headers as given', async (pair) => {
    const { url, port, asked } = await site(pair, { '/a/%00b?info_hash=%12%ff&x=~!': hello });
    await fetched(pair, {
      url: `${url}/a/%00b?info_hash=%12%ff&x=~!`,
      headers: { range: 'bytes=0-3', 'user-agent': 'me' },
    });
    const lines = asked[0]!.split('\r\n');
    expect(lines[0]).toBe('GET /a/%00b?info_hash=%12%ff&x=~! HTTP/1.1');
    const headers = lines.slice(1).map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
    expect(headers).toContain(`host: ${pair.v4}:${port}`);
    expect(headers).toContain('range: bytes=0-3');
    expect(headers).toContain('user-agent: me');
  });

  scenario('a URL without a path asks for /, and a fragment is not sent', async (pair) => {
    const { url, asked } = await site(pair, { '/': hello });
    expect((await fetched(pair, { url })).text).toBe('hello');
    expect((await fetched(pair, { url: `${url}#part` })).text).toBe('hello');
    expect(asked.map((head) => head.split('\r\n')[0])).toEqual(['GET / HTTP/1.1', 'GET / HTTP/1.1']);
  });

  scenario('a server with an IPv6 address is reached', async (pair) => {
    const { url } = await site(pair, { '/': hello }, pair.v6);
    expect((await fetched(pair, { url: `${url}/` })).text).toBe('hello');
  });

  scenario('a status without a body ends at once, though the stream stays open', async (pair) => {
    const { url } = await site(pair, {
      '/204': { send: ['HTTP/1.1 204 No Content\r\n\r\n'] },
      '/304': { send: ['HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'] },
    });
    for (const status of [204, 304]) {
      const reply = await fetched(pair, { url: `${url}/${status}` });
      expect(reply).toMatchObject({ status, length: 0, error: undefined });
    }
  });

  scenario('an error status is an answer like others, with its body', async (pair) => {
    const { url } = await site(pair, {
      '/404': { send: ['HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone'] },
      '/503': { send: ['HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n'] },
    });
    expect(await fetched(pair, { url: `${url}/404` })).toMatchObject({ status: 404, text: 'gone', error: undefined });
    const busy = await fetched(pair, { url: `${url}/503` });
    expect(busy.status).toBe(503);
    expect(busy.heads[0]?.headers['retry-after']).toBe('30');
  });

  scenario('several requests at once to one server each get their own answer', async (pair) => {
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    const pages = numbers.map((n) => [`/${n}`, { send: [`${OK}Content-Length: 1\r\n\r\n${n}`] }] as const);
    const { url } = await site(pair, Object.fromEntries(pages));
    const replies = numbers.map((n) => new Reply(pair.a, { url: `${url}/${n}` }));
    await pair.until(() => replies.every((reply) => reply.ended));
    expect(replies.map((reply) => reply.text)).toEqual(numbers.map(String));
  });
}

function redirect(to: string, status = 302): Page {
  return { send: [`HTTP/1.1 ${status} Moved\r\nLocation: ${to}\r\nContent-Length: 6\r\n\r\nmoved.`] };
}

function redirectTests(scenario: Scenario): void {
  scenario('a redirect is an answer when none may be followed', async (pair) => {
    const { url } = await site(pair, { '/old': redirect('/new'), '/new': hello });
    const reply = await fetched(pair, { url: `${url}/old` });
    expect(reply).toMatchObject({ status: 302, text: 'moved.', error: undefined });
    expect(reply.heads[0]?.headers['location']).toBe('/new');
  });

  scenario('redirects are followed, relative and absolute, and head tells where the answer came from', async (pair) => {
    const other = await site(pair, { '/here': hello });
    const { url } = await site(pair, {
      '/a/b?c': redirect('d?e', 301),
      '/a/d?e': redirect('/root', 303),
      '/root': redirect(`${other.url}/here`, 307),
    });
    const reply = await fetched(pair, { url: `${url}/a/b?c`, redirects: 5 });
    expect(reply).toMatchObject({ text: 'hello', error: undefined });
    expect(reply.heads).toHaveLength(1);
    expect(reply.heads[0]).toMatchObject({ status: 200, url: `${other.url}/here` });
  });

  scenario('the last redirect beyond the number that may be followed is the answer', async (pair) => {
    const { url, asked } = await site(pair, { '/loop': redirect('/loop') });
    const reply = await fetched(pair, { url: `${url}/loop`, redirects: 3 });
    expect(reply.status).toBe(302);
    expect(asked).toHaveLength(4);
  });

  scenario('a redirect without a location, or to another scheme, is not followed', async (pair) => {
    const { url } = await site(pair, {
      '/nowhere': { send: ['HTTP/1.1 302 Moved\r\nContent-Length: 0\r\n\r\n'] },
      '/file': redirect('file:///etc/passwd'),
    });
    expect(await fetched(pair, { url: `${url}/nowhere`, redirects: 3 })).toMatchObject({ status: 302 });
    const other = await fetched(pair, { url: `${url}/file`, redirects: 3 });
    expect(other.heads.every(({ status }) => status === 302)).toBe(true);
    expect(other.text).not.toContain('root');
  });
}

function permitTests(scenario: Scenario): void {
  scenario('permits is asked for the address before connecting, with the URL', async (pair) => {
    const { url, port } = await site(pair, { '/x': hello });
    const reply = await fetched(pair, { url: `${url}/x` });
    expect(reply.permitted[0]).toEqual({ address: { ip: pair.v4, port }, url: `${url}/x` });
  });

  scenario('a refused address is not connected to', async (pair) => {
    const { url, visitors } = await site(pair, { '/x': hello });
    const reply = await fetched(pair, { url: `${url}/x`, permits: () => false });
    expect(reply.error).toBeInstanceOf(Error);
    expect(reply.heads).toEqual([]);
    await passes(pair, 20);
    expect(visitors).toEqual([]);
  });

  scenario('permits is asked after a name was resolved, with an address', async (pair) => {
    const { port } = await site(pair, { '/x': hello });
    const url = `http://${pair.name}:${port}/x`;
    const reply = await fetched(pair, { url, permits: ({ ip }) => ip === pair.v4 });
    expect(reply.text).toBe('hello');
    expect(reply.permitted.every(({ address }) => address.ip !== pair.name)).toBe(true);
    expect(reply.permitted).toContainEqual({ address: { ip: pair.v4, port }, url });
    const refused = await fetched(pair, { url, permits: () => false });
    expect(refused.error).toBeInstanceOf(Error);
  });

  scenario('permits is asked again for a redirect, and may refuse it', async (pair) => {
    const inner = await site(pair, { '/secret': hello });
    const outer = await site(pair, { '/': redirect(`${inner.url}/secret`) });
    const reply = await fetched(pair, {
      url: `${outer.url}/`,
      redirects: 3,
      permits: ({ port }) => port === outer.port,
    });
    expect(reply.error).toBeInstanceOf(Error);
    expect(reply.heads).toEqual([]);
    expect(reply.permitted.at(-1)).toEqual({ address: { ip: pair.v4, port: inner.port }, url: `${inner.url}/secret` });
    expect(inner.visitors).toEqual([]);
  });
}

function failureTests(scenario: Scenario): void {
  const fails = (title: string, page: Page) =>
    scenario(title, async (pair) => {
      const reply = await fetched(pair, { url: `${(await site(pair, { '/': page })).url}/` });
      expect(reply.error).toBeInstanceOf(Error);
    });
  fails('a body shorter than its content-length is an error', {
    send: [`${OK}Content-Length: 10\r\n\r\n12345`],
    end: true,
  });
  fails('a chunked body that is cut off is an error', {
    send: [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\n123`],
    end: true,
  });
  fails('a chunk size that is no number is an error', {
    send: [`${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n123\r\n0\r\n\r\n`],
    end: true,
  });
  fails('an answer that is not HTTP is an error', { send: ['SSH-2.0-OpenSSH_9\r\n\r\n'], end: true });
  fails('a stream that ends before the head does is an error', { send: ['HTTP/1.1 200 OK\r\nX: '], end: true });
  fails('a stream that ends without an answer is an error', { send: [], end: true });
  fails('a head that never ends is an error', { send: [OK, ...Array(200).fill(`X: ${'x'.repeat(10_000)}\r\n`)] });

  scenario('a refused connection is an error', async (pair) => {
    const { url, port } = await site(pair, {});
    const nobody = url.replace(String(port), String(port === 1 ? 2 : 1));
    const reply = await fetched(pair, { url: nobody });
    expect(reply.error).toBeInstanceOf(Error);
    expect(reply.heads).toEqual([]);
  });

  scenario('an unknown name, another scheme and a text that is no URL are errors, not exceptions', async (pair) => {
    for (const url of [
      'http://nobody-has-this-name.invalid/',
      'ftp://192.0.2.1/',
      'nonsense',
      'http://',
      'http://a b/',
    ]) {
      const reply = await fetched(pair, { url });
      expect(reply.error).toBeInstanceOf(Error);
      expect(reply.permitted).toEqual([]);
    }
  });
}

const ENDLESS = noise(1 << 16, 3);

/** `/` is a body of 32 MiB. */
async function largeSite(pair: HostPair): ReturnType<typeof site> {
  const parts = 512;
  const page = { send: [`${OK}Content-Length: ${parts * ENDLESS.length}\r\n\r\n`, ...Array(parts).fill(ENDLESS)] };
  return site(pair, { '/': page });
}

function controlTests(scenario: Scenario): void {
  scenario('close inside body: nothing more is called, and the server sees it', async (pair) => {
    const { url, visitors } = await largeSite(pair);
    let calls = 0;
    const reply = new Reply(
      pair.a,
      { url: `${url}/` },
      {
        body: ({ exchange }) => {
          calls++;
          exchange.close();
        },
      },
    );
    await pair.until(() => visitors[0]?.isClosed === true);
    expect(calls).toBe(1);
    expect(reply.ended).toBe(false);
  });

  scenario('close inside head, or before anything: nothing more is called', async (pair) => {
    const { url } = await site(pair, { '/': hello });
    const atOnce = new Reply(pair.a, { url: `${url}/` });
    atOnce.exchange.close();
    const inHead = new Reply(pair.a, { url: `${url}/` }, { head: ({ exchange }) => exchange.close() });
    await pair.until(() => inHead.heads.length === 1);
    await passes(pair, 30);
    expect(inHead).toMatchObject({ length: 0, ended: false });
    expect(atOnce).toMatchObject({ heads: [], length: 0, ended: false });
  });

  scenario('when every part of a body is waited for, none comes early, and they keep their order', async (pair) => {
    const send = [`${OK}Content-Length: 3000000\r\n\r\n`, noise(3_000_000)];
    const { url } = await site(pair, { '/': { send } });
    let isPaused = false;
    let early = 0;
    const pause = ({ exchange }: Reply) => {
      if (isPaused) early++;
      isPaused = true;
      exchange.pause();
      pair.a.at(pair.a.now() + 2, () => {
        isPaused = false;
        exchange.resume();
      });
    };
    const reply = new Reply(pair.a, { url: `${url}/` }, { head: pause, body: pause });
    await pair.until(() => reply.ended);
    expect(reply.error).toBeUndefined();
    expect(early).toBe(0);
    expect(equalBytes(reply.bytes, noise(3_000_000))).toBe(true);
  });

  scenario('a paused exchange waits, a resumed one goes on', async (pair) => {
    const { url } = await largeSite(pair);
    const reply = new Reply(pair.a, { url: `${url}/` }, { head: ({ exchange }) => exchange.pause() });
    await pair.until(() => reply.heads.length === 1);
    await passes(pair, 100);
    const early = reply.length;
    expect(early).toBeLessThan(512 * ENDLESS.length);
    await passes(pair, 50);
    expect(reply.length).toBe(early);
    reply.exchange.resume();
    await pair.until(() => reply.ended);
    expect(reply.length).toBe(512 * ENDLESS.length);
    expect(reply.error).toBeUndefined();
  });
}
