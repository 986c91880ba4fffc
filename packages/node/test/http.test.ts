import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { HttpRequest } from '@ferro/core';
import { afterEach, expect, test } from 'vitest';
import { nodeHost } from '../src/index.ts';
import { certificate, certificateKey } from './certificate.ts';
import { until } from './until.ts';

const host = nodeHost();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(
  answer: RequestListener,
  make: (answer: RequestListener) => Server = createServer,
): Promise<number> {
  const server = make(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Reply {
  status: number;
  length: number;
  text: string;
  ended: boolean;
  error: Error | undefined;
  asked: string[];
}

function get(url: string, request: Partial<HttpRequest> = {}, enough = Number.POSITIVE_INFINITY): Reply {
  const reply: Reply = { status: 0, length: 0, text: '', ended: false, error: undefined, asked: [] };
  const permits: HttpRequest['permits'] = (address, to) => {
    reply.asked.push(address.ip);
    return request.permits?.(address, to) ?? true;
  };
  const exchange = host.http(
    { ...request, url, permits },
    {
      head: (status) => {
        reply.status = status;
      },
      body: (bytes) => {
        reply.length += bytes.length;
        if (reply.length <= 1000) reply.text += new TextDecoder().decode(bytes);
        if (reply.length >= enough) exchange.close();
      },
      end: (error) => {
        reply.ended = true;
        reply.error = error;
      },
    },
  );
  return reply;
}

async function fetched(url: string, request: Partial<HttpRequest> = {}): Promise<Reply> {
  const reply = get(url, request);
  await until(() => reply.ended);
  return reply;
}

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['identity', (text: string) => Buffer.from(text)],
])('the content coding %s is undone (%o)', async (coding, encode) => {
  const port = await serve((_, answer) => answer.setHeader('Content-Encoding', coding).end(encode('some text')));
  expect(await fetched(`http://127.0.0.1:${port}/`)).toMatchObject({
    status: 200,
    text: 'some text',
    error: undefined,
  });
});

test('an unknown coding, a broken one and one that is cut off are errors', async () => {
  const port = await serve((request, answer) => {
    const whole = gzipSync('x'.repeat(100_000));
    if (request.url === '/unknown') answer.setHeader('Content-Encoding', 'zstd').end('text');
    else if (request.url === '/broken') answer.setHeader('Content-Encoding', 'gzip').end('no gzip at all');
    else answer.setHeader('Content-Encoding', 'gzip').end(whole.subarray(0, whole.length - 12));
  });
  for (const path of ['unknown', 'broken', 'cut']) {
    expect((await fetched(`http://127.0.0.1:${port}/${path}`)).error).toBeInstanceOf(Error);
  }
});

test('a bomb stops unfolding when its receiver has enough', async () => {
  const bomb = gzipSync(new Uint8Array(64 << 20));
  const port = await serve((_, answer) => answer.setHeader('Content-Encoding', 'gzip').end(bomb));
  const reply = get(`http://127.0.0.1:${port}/`, {}, 100_000);
  await until(() => reply.length >= 100_000);
  const seen = reply.length;
  expect(await fetched(`http://127.0.0.1:${port}/`)).toMatchObject({ length: 64 << 20, error: undefined });
  expect(reply.length).toBe(seen);
  expect(seen).toBeLessThan(300_000);
  expect(reply.ended).toBe(false);
});

test('permits sees numbers in any spelling as the address that they are', async () => {
  const port = await serve((_, answer) => answer.end('inside'));
  for (const name of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]']) {
    const reply = await fetched(`http://${name}:${port}/`, { permits: ({ ip }) => ip !== '127.0.0.1' });
    expect(reply.asked).toEqual(['127.0.0.1']);
    expect(reply.error).toBeInstanceOf(Error);
    expect(reply.status).toBe(0);
  }
});

test('of the addresses of a name only those that are permitted are tried', async () => {
  const port = await serve((_, answer) => answer.end('here'));
  const reply = await fetched(`http://localhost:${port}/`, { permits: ({ ip }) => ip === '127.0.0.1' });
  expect(reply).toMatchObject({ text: 'here', error: undefined });
});

test('credentials do not follow a redirect to another place', async () => {
  const heard: (string | undefined)[] = [];
  const other = await serve((request, answer) => {
    heard.push(request.headers.authorization, request.headers.cookie, request.headers['x-plain'] as string);
    answer.end();
  });
  const port = await serve((_, answer) => answer.writeHead(302, { Location: `http://127.0.0.1:${other}/` }).end());
  const headers = { Authorization: 'secret', Cookie: 'secret', 'X-Plain': 'kept' };
  await fetched(`http://127.0.0.1:${port}/`, { redirects: 1, headers });
  expect(heard).toEqual([undefined, undefined, 'kept']);
});

test('a certificate that nobody vouches for is an error', async () => {
  const secure = (answer: RequestListener) => createSecureServer({ cert: certificate, key: certificateKey }, answer);
  const port = await serve((_, answer) => answer.end('hello'), secure);
  const reply = await fetched(`https://127.0.0.1:${port}/`);
  expect(reply.error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(reply.status).toBe(0);
});

test('header fields beyond the limit are not read', async () => {
  const port = await serve((_, answer) => {
    for (let i = 0; i < 300; i++) answer.setHeader(`x-${i}`, '1');
    answer.end();
  });
  let count = 0;
  let ended = false;
  host.http(
    { url: `http://127.0.0.1:${port}/`, permits: () => true },
    {
      head: (_, headers) => {
        count = Object.keys(headers).length;
      },
      body: () => {},
      end: () => {
        ended = true;
      },
    },
  );
  await until(() => ended);
  expect(count).toBeLessThanOrEqual(100);
  expect(count).toBeGreaterThan(50);
});

test('headers that cannot be sent are an error, not an exception', async () => {
  const reply = await fetched('http://127.0.0.1:1/', { headers: { 'x-bad': 'line\r\nbreak' } });
  expect(reply.error).toBeInstanceOf(Error);
});
