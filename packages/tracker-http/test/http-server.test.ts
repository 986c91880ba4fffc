import { expect, test } from 'vitest';
import { HttpServerConnection, type HttpServerEvent, headerLines, headerOf, limits } from '../src/index.ts';
import { ascii, text, World } from './world.ts';

const PLAIN = headerLines({ 'Content-Type': 'text/plain' });

function start(): { world: World; connection: HttpServerConnection } {
  const world = new World();
  return { world, connection: new HttpServerConnection(world) };
}

const targets = (events: readonly HttpServerEvent[]) =>
  events.map((event) => (event.type === 'request' ? text(event.target) : event.type));
const sent = (connection: HttpServerConnection) => connection.flush().map(text).join('');
const get = (path: string, version = 'HTTP/1.1', headers = 'Host: t\r\n') =>
  ascii(`GET ${path} ${version}\r\n${headers}\r\n`);

test('a request goes in, an answer comes out, and the connection stays', () => {
  const { connection } = start();
  const events = connection.receive(get('/announce?a=b', 'HTTP/1.1', 'Host: t\r\nX-Forwarded-For:  192.0.2.1 \r\n'));
  expect(targets(events)).toEqual(['/announce?a=b']);
  const [event] = events;
  if (event?.type !== 'request') throw new Error('no request');
  expect(headerOf(event.head, 'x-forwarded-for')).toBe('192.0.2.1');
  expect(headerOf(event.head, 'accept')).toBeUndefined();
  connection.respond(event.id, 200, PLAIN, ascii('hello'));
  expect(sent(connection)).toBe('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello');
  expect(connection.finished).toBe(false);
  expect(targets(connection.receive(get('/again')))).toEqual(['/again']);
});

test('pipelined requests are answered in their order, whatever the order of the answers', () => {
  const { connection } = start();
  const all = Uint8Array.from([...get('/0'), ...get('/1'), ...get('/2')]);
  expect(targets(connection.receive(all))).toEqual(['/0', '/1', '/2']);
  connection.respond(2, 200, PLAIN, ascii('two'));
  connection.respond(1, 200, PLAIN, ascii('one'));
  expect(sent(connection)).toBe('');
  connection.respond(0, 200, PLAIN, ascii('zero'));
  expect(sent(connection).match(/zero|one|two/g)).toEqual(['zero', 'one', 'two']);
});

test('an id is answered once; unknown ids are ignored', () => {
  const { connection } = start();
  connection.receive(Uint8Array.from([...get('/0'), ...get('/1')]));
  connection.respond(7, 200, PLAIN, ascii('no'));
  connection.respond(1, 200, PLAIN, ascii('one'));
  connection.respond(1, 200, PLAIN, ascii('again'));
  connection.respond(0, 200, PLAIN, ascii('zero'));
  connection.respond(0, 200, PLAIN, ascii('again'));
  expect(sent(connection)).not.toContain('again');
});

test.each([
  ['HTTP/1.1', '', false, ''],
  ['HTTP/1.1', 'Connection: close\r\n', true, 'Connection: close\r\n'],
  ['HTTP/1.1', 'connection: Keep-Alive, CLOSE\r\n', true, 'Connection: close\r\n'],
  ['HTTP/1.0', '', true, 'Connection: close\r\n'],
  ['HTTP/1.0', 'Connection: Keep-Alive\r\n', false, 'Connection: keep-alive\r\n'],
])('RFC 9112, persistence: %s with "%s" closes: %s', (version, header, closes, says) => {
  const { world, connection } = start();
  connection.receive(get('/', version, header));
  expect(connection.finished).toBe(false);
  connection.respond(0, 200, PLAIN, ascii('x'));
  expect(sent(connection)).toBe(`HTTP/1.1 200 OK\r\n${says}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx`);
  expect(connection.finished).toBe(closes);
  expect(connection.deadline <= world.time).toBe(closes);
  expect(connection.tick()).toEqual(closes ? [{ type: 'closed' }] : []);
});

test('what follows the last request is not read', () => {
  const { connection } = start();
  const all = Uint8Array.from([...get('/0', 'HTTP/1.0', ''), ...get('/1')]);
  expect(targets(connection.receive(all))).toEqual(['/0']);
  expect(connection.receive(get('/2'))).toEqual([]);
  connection.respond(0, 404, PLAIN, ascii(''));
  expect(connection.tick()).toEqual([{ type: 'closed' }]);
  expect(connection.deadline).toBe(Number.POSITIVE_INFINITY);
});

test.each(['HEAD', 'POST', 'OPTIONS', 'get', 'GETS'])(
  'the method %s is answered with 405, and then the connection ends',
  (method) => {
    const { connection } = start();
    expect(connection.receive(ascii(`${method} / HTTP/1.1\r\n\r\n`))).toEqual([{ type: 'closed' }]);
    expect(sent(connection)).toBe(
      'HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n',
    );
  },
);

test.each([
  ['no version', 'GET /\r\n\r\n', 'bad-request-line'],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\n\r\n', 'bad-request-line'],
  ['HTTP/1.12', 'GET / HTTP/1.12\r\n\r\n', 'bad-request-line'],
  ['no target', 'GET  HTTP/1.1\r\n\r\n', 'bad-request-line'],
  ['no method', ' / HTTP/1.1\r\n\r\n', 'bad-request-line'],
  ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n', 'bad-request-line'],
  ['garbage', '\x16\x03\x01\x02\n\n', 'bad-request-line'],
  ['a body', 'GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello', 'request-with-body'],
  ['a body of unclear length', 'GET / HTTP/1.1\r\ncontent-length: 0, 5\r\n\r\n', 'request-with-body'],
  ['a chunked body', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'request-with-body'],
  ['a folded header', 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n', 'bad-header'],
])('RFC 9112: a request with %s is answered with 400, and then the connection ends', (_, bytes, code) => {
  const { connection } = start();
  const events = connection.receive(ascii(bytes));
  expect(events).toMatchObject([{ type: 'closed', reason: { code: `tracker-http/${code}` } }]);
  expect(sent(connection)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/);
});

test('a content length of zero is no body, bare line feeds are line ends, an empty line before a request is nothing', () => {
  const { connection } = start();
  expect(targets(connection.receive(ascii('\r\n\nGET /a HTTP/1.1\nContent-Length: 0\n\nGET /b HTTP/1.1\n\n')))).toEqual(
    ['/a', '/b'],
  );
});

test('a bad request behind good ones waits for their answers', () => {
  const { connection } = start();
  const events = connection.receive(Uint8Array.from([...get('/0'), ...ascii('nonsense\r\n\r\n')]));
  expect(targets(events)).toEqual(['/0']);
  expect(sent(connection)).toBe('');
  connection.respond(0, 200, PLAIN, ascii('zero'));
  expect(sent(connection)).toMatch(/zero.*400 Bad Request/s);
  expect(connection.tick()).toMatchObject([{ type: 'closed', reason: { code: 'tracker-http/bad-request-line' } }]);
});

test.each([
  ['at once', 1_000_000],
  ['bit by bit', 999],
])('a head that is too long, sent %s, is answered with 431', (_, step) => {
  const { connection } = start();
  const long = ascii(`GET /${'a'.repeat(2 * limits.headLength)}`);
  const events: HttpServerEvent[] = [];
  for (let at = 0; at < long.length; at += step) events.push(...connection.receive(long.slice(at, at + step)));
  expect(events).toMatchObject([{ type: 'closed', reason: { code: 'tracker-http/head-too-long' } }]);
  expect(sent(connection)).toMatch(/^HTTP\/1\.1 431 /);
});

test('the longest scrape that is answered fits in a head', () => {
  const { connection } = start();
  const query = `info_hash=${'%FF'.repeat(20)}&`.repeat(limits.scrapeQueryHashes);
  expect(connection.receive(get(`/scrape?${query}`))).toMatchObject([{ type: 'request' }]);
});

test('only so many requests wait for answers; the others are read when there is room', () => {
  const world = new World();
  const connection = new HttpServerConnection(world, { pipelinedRequests: 2 });
  const all = Uint8Array.from([0, 1, 2, 3, 4].flatMap((i) => [...get(`/${i}`)]));
  expect(targets(connection.receive(all))).toEqual(['/0', '/1']);
  expect(connection.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(connection.tick()).toEqual([]);
  connection.respond(0, 200, PLAIN, ascii('0'));
  expect(connection.deadline).toBe(world.time);
  expect(targets(connection.tick())).toEqual(['/2']);
  connection.respond(1, 200, PLAIN, ascii('1'));
  connection.respond(2, 200, PLAIN, ascii('2'));
  expect(targets(connection.tick())).toEqual(['/3', '/4']);
  connection.respond(3, 200, PLAIN, ascii('3'));
  connection.respond(4, 200, PLAIN, ascii('4'));
  expect(sent(connection).match(/\n\d/g)).toEqual(['\n0', '\n1', '\n2', '\n3', '\n4']);
  expect(connection.tick()).toEqual([]);
  expect(connection.deadline).toBe(limits.idleMs);
});

test('who sends on and on without reading answers is let go', () => {
  const { connection } = start();
  const flood = get('/').length * 5000;
  const many = new Uint8Array(flood);
  for (let at = 0; at < flood; at += get('/').length) many.set(get('/'), at);
  const events: HttpServerEvent[] = [];
  for (let i = 0; i < 5; i++) events.push(...connection.receive(many));
  expect(targets(events).filter((target) => target === '/').length).toBe(limits.pipelinedRequests);
  expect(events.at(-1)).toMatchObject({ type: 'closed', reason: { code: 'tracker-http/too-much-unread' } });
});

test('slow loris: a head has to be complete in time, however steadily it drips', () => {
  const { world, connection } = start();
  const head = get('/');
  for (let i = 0; i < 9; i++) {
    world.time += limits.headMs / 10;
    expect(connection.receive(head.slice(i, i + 1))).toEqual([]);
    expect(connection.tick()).toEqual([]);
  }
  world.time = connection.deadline;
  expect(world.time).toBe(1.1 * limits.headMs);
  expect(connection.tick()).toMatchObject([{ type: 'closed', reason: { code: 'tracker-http/slow-head' } }]);
  expect(connection.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('a connection that says nothing, or nothing more, is closed without a fault', () => {
  const { world, connection } = start();
  world.time = connection.deadline;
  expect(world.time).toBe(limits.headMs);
  expect(connection.tick()).toEqual([{ type: 'closed' }]);

  const second = new HttpServerConnection(world);
  second.receive(get('/'));
  expect(second.deadline).toBe(Number.POSITIVE_INFINITY);
  world.time += 1_000_000;
  second.respond(0, 200, PLAIN, ascii(''));
  expect(second.deadline).toBe(world.time + limits.idleMs);
  world.time += limits.idleMs;
  expect(second.tick()).toEqual([{ type: 'closed' }]);
});

test('half-close: what was asked is still answered', () => {
  const { connection } = start();
  connection.receive(get('/'));
  connection.end();
  expect(connection.tick()).toEqual([]);
  connection.respond(0, 200, PLAIN, ascii('late'));
  expect(sent(connection)).toContain('late');
  expect(connection.tick()).toEqual([{ type: 'closed' }]);
});

test('half-close: requests that wait unread are still read and answered', () => {
  const connection = new HttpServerConnection(new World(), { pipelinedRequests: 1 });
  connection.receive(Uint8Array.from([...get('/0'), ...get('/1')]));
  connection.end();
  connection.respond(0, 200, PLAIN, ascii('0'));
  expect(targets(connection.tick())).toEqual(['/1']);
  expect(connection.finished).toBe(false);
  connection.respond(1, 200, PLAIN, ascii('1'));
  expect(connection.tick()).toEqual([{ type: 'closed' }]);
});

test('half-close with nothing asked ends at once', () => {
  const { world, connection } = start();
  connection.end();
  expect(connection.deadline).toBe(world.time);
  expect(connection.tick()).toEqual([{ type: 'closed' }]);
});

test('a long body leaves as it is, behind its head', () => {
  const { connection } = start();
  connection.receive(get('/'));
  const body = new Uint8Array(limits.copiedBodyLength + 1);
  connection.respond(0, 200, PLAIN, body);
  const chunks = connection.flush();
  expect(chunks.length).toBe(2);
  expect(chunks[1]).toBe(body);
});

test('a header with a line break in it is refused', () => {
  expect(() => headerLines({ a: 'b\r\nc: d' })).toThrow(RangeError);
});
