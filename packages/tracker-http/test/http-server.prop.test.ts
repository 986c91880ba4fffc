/** What every stream core promises, run on the server's connection (RFC 9112), and that its cost grows with the input only. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamCoreContract } from '../../core/test/stream-core.contract.ts';
import { HttpServerConnection, type HttpServerEvent } from '../src/index.ts';
import { ascii, text, World } from './world.ts';

const requests = fc
  .array(
    fc.record({
      method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'POST'),
      path: fc.constantFrom('/', '/announce?info_hash=%00&x=y', '/scrape', '/é'),
      headers: fc.constantFrom(
        '',
        'Host: x\r\n',
        'Connection: keep-alive\r\n',
        'Connection: close\r\n',
        'Content-Length: 1\r\n',
      ),
      end: fc.constantFrom('\r\n', '\n', 'x'),
    }),
    { maxLength: 5 },
  )
  .map((all) =>
    ascii(all.map(({ method, path, headers, end }) => `${method} ${path} HTTP/1.1\r\n${headers}${end}`).join('')),
  );

streamCoreContract<HttpServerEvent>({
  name: 'HttpServerConnection',
  make: () => new HttpServerConnection(new World()),
  conversations: requests,
  describe: (events) =>
    events.map((event) =>
      event.type === 'request'
        ? [event.id, text(event.target), text(event.head)]
        : [event.type, (event.reason as { message?: string } | undefined)?.message],
    ),
});

test('byte by byte costs no more than in proportion: 8 times the bytes, less than 40 times the time', () => {
  const cost = (count: number) => {
    const connection = new HttpServerConnection(new World());
    const bytes = ascii(`GET /${'a'.repeat(1000)} HTTP/1.1\r\n\r\n`.repeat(count));
    const began = performance.now();
    for (let at = 0; at < bytes.length; at++) {
      for (const event of connection.receive(bytes.subarray(at, at + 1))) {
        if (event.type === 'request') connection.respond(event.id, 200, new Uint8Array(0), new Uint8Array(0));
      }
      connection.flush();
    }
    return performance.now() - began;
  };
  cost(20);
  const [small, large] = [Math.min(cost(10), cost(10), cost(10)), Math.min(cost(80), cost(80))];
  expect(large).toBeLessThan(40 * small);
});

test('any requests in any chunks are answered once each, in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.nat(2000), { maxLength: 20 }),
      fc.nat(),
      (count, cuts, seed) => {
        const connection = new HttpServerConnection(new World(), { pipelinedRequests: 4 });
        const bytes = ascii(Array.from({ length: count }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: t\r\n\r\n`).join(''));
        const borders = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort((a, b) => a - b);
        const waiting: { id: number; path: string }[] = [];
        let chance = seed;
        let answers = '';
        const hear = (events: readonly HttpServerEvent[]) => {
          for (const event of events)
            if (event.type === 'request') waiting.push({ id: event.id, path: text(event.target) });
          while (waiting.length > 0 && (chance = (chance * 1103515245 + 12345) % 2 ** 31) % 3 > 0) answer();
        };
        const answer = () => {
          const [one] = waiting.splice(chance % waiting.length, 1);
          connection.respond(one!.id, 200, new Uint8Array(0), ascii(`<${one!.path}>`));
          answers += connection.flush().map(text).join('');
        };
        for (const [i, from] of [0, ...borders].entries())
          hear(connection.receive(bytes.slice(from, borders[i] ?? bytes.length)));
        for (let i = 0; i < 1000 && (waiting.length > 0 || connection.deadline === 0); i++) {
          if (waiting.length > 0) answer();
          hear(connection.tick());
        }
        expect(answers.match(/<\/\d+>/g)).toEqual(Array.from({ length: count }, (_, i) => `</${i}>`));
      },
    ),
  );
});
