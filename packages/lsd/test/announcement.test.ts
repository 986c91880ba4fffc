import { Id20, ProtocolError, utf8 } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAnnouncement, encodeAnnouncement, limits } from '../src/index.ts';

const ONE = '0123456789abcdef0123456789abcdef01234567';
const TWO = 'ff'.repeat(20);
const text = (...lines: string[]) => utf8(lines.map((line) => `${line}\r\n`).join(''));
const START = 'BT-SEARCH * HTTP/1.1';

test('BEP 14: an announcement, both ways', () => {
  const announcement = {
    host: '239.192.152.143:6771',
    port: 6_881,
    infoHashes: [Id20.from(ONE), Id20.from(TWO)],
    cookie: 'abc',
  };
  const bytes = encodeAnnouncement(announcement);
  const lines = ['Host: 239.192.152.143:6771', 'Port: 6881', `Infohash: ${ONE}`, `Infohash: ${TWO}`, 'cookie: abc'];
  expect(bytes).toEqual(text(START, ...lines, '', ''));
  expect(decodeAnnouncement(bytes)).toEqual(announcement);
});

test('BEP 14: names in any case, spaces around values, unknown headers, one empty line and what follows', () => {
  const lines = ['PORT:6881', `INFOHASH:  ${ONE.toUpperCase()} `, `infohash: ${ONE}`, 'X-New: yes: really'];
  expect(decodeAnnouncement(text(START, ...lines, '', 'what is this'))).toEqual({
    port: 6_881,
    infoHashes: [Id20.from(ONE)],
  });
});

test.each([
  ['lsd/start-line', ['M-SEARCH * HTTP/1.1', 'Port: 1', `Infohash: ${ONE}`, '']],
  ['lsd/start-line', ['', '']],
  ['lsd/unfinished', ['']],
  ['lsd/unfinished', [START, 'Port: 1', `Infohash: ${ONE}`]],
  ['lsd/header', [START, 'Port: 1', 'no header', `Infohash: ${ONE}`, '']],
  ['lsd/header', [START, ': empty', '']],
  ['lsd/port', [START, `Infohash: ${ONE}`, '']],
  ['lsd/port', [START, 'Port: 0', `Infohash: ${ONE}`, '']],
  ['lsd/port', [START, 'Port: 65536', `Infohash: ${ONE}`, '']],
  ['lsd/port', [START, 'Port: 0x50', `Infohash: ${ONE}`, '']],
  ['lsd/port', [START, 'Port: -1', `Infohash: ${ONE}`, '']],
  ['lsd/repeated-header', [START, 'Port: 1', 'Port: 2', `Infohash: ${ONE}`, '']],
  ['lsd/no-infohash', [START, 'Port: 1', '']],
  ['lsd/infohash', [START, 'Port: 1', `Infohash: ${ONE}0`, '']],
  ['lsd/infohash', [START, 'Port: 1', `Infohash: ${ONE.slice(1)}g`, '']],
  ['lsd/infohash', [START, 'Port: 1', 'Infohash:', '']],
  ['lsd/not-text', [START, 'Port: 1', `Infohash: ${ONE}`, 'cookie: \u0007', '']],
  ['lsd/not-text', [START, 'Port: 1', `Infohash: ${ONE}`, 'cookie: é', '']],
  ['lsd/too-many-lines', [START, 'Port: 1', `Infohash: ${ONE}`, ...Array<string>(limits.lines).fill('a:'), '']],
  ['lsd/too-long', [START, 'Port: 1', `Infohash: ${ONE}`, `a: ${'x'.repeat(limits.receiveLength)}`, '']],
])('%s is refused', (code, lines) => {
  expect(() => decodeAnnouncement(text(...lines))).toThrow(expect.objectContaining({ code }));
});

test('any announcement comes back as it was', () => {
  const id = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Id20.from(bytes));
  const announcement = fc.record({
    host: fc.constantFrom(undefined, '[ff15::efc0:988f]:6771'),
    port: fc.integer({ min: 1, max: 65_535 }),
    infoHashes: fc.uniqueArray(id, { minLength: 1, maxLength: 25, selector: ({ hex }) => hex }),
    cookie: fc.option(fc.stringMatching(/^[!-~]{0,32}$/), { nil: undefined }),
  });
  fc.assert(
    fc.property(announcement, (one) => {
      expect(decodeAnnouncement(encodeAnnouncement(one))).toEqual(one);
    }),
  );
});

test('garbage, and announcements with a few bytes changed, are an announcement or a ProtocolError', () => {
  const valid = text(START, 'Host: x', 'Port: 6881', `Infohash: ${ONE}`, 'cookie: abc', '', '');
  const changed = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
    const copy = valid.slice();
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => {
      try {
        const { port, infoHashes } = decodeAnnouncement(bytes);
        expect(port > 0 && port < 65_536 && infoHashes.length > 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});
