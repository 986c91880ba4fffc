import { type BencodeInput, encode } from '@ferro/bencode';
import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeExtendedHandshake, encodeExtendedHandshake, limits } from '../src/index.ts';
import { bytesOf, closedBy, ready } from './pair.ts';

const read = (fields: BencodeInput) => {
  const { dictionary, ...rest } = decodeExtendedHandshake(encode(fields), limits);
  expect(dictionary).toBeDefined();
  return rest;
};
const NOTHING = { ids: new Map() };

test('BEP 10: what is offered is read', () => {
  const ids = new Map([
    ['ut_metadata', 3],
    ['ut_pex', 0],
  ]);
  const about = { client: 'Ferro 1', port: 6_881, yourIp: '203.0.113.9', requestQueue: 500, uploadOnly: false };
  const { dictionary, ...rest } = decodeExtendedHandshake(
    encodeExtendedHandshake({ ids, ...about, more: { metadata_size: 31_235 } }),
    limits,
  );
  expect(rest).toEqual({ ids, ...about });
  expect(dictionary['metadata_size']).toBe(31_235);
});

test('BEP 10: the example of the text is read', () => {
  const text = 'd1:md11:LT_metadatai1e6:µT_PEXi2ee1:pi6881e1:v13:µTorrent 1.2e';
  const bytes = Buffer.from(text.replace('6:µT', '7:µT'));
  expect(decodeExtendedHandshake(bytes, limits)).toMatchObject({
    ids: new Map([
      ['LT_metadata', 1],
      ['µT_PEX', 2],
    ]),
    port: 6_881,
    client: 'µTorrent 1.2',
  });
});

test.each<[string, BencodeInput]>([
  ['m is a list', { m: [1, 2] }],
  ['m is a number', { m: 7 }],
  ['m is text', { m: 'ut_pex' }],
  ['an id is text', { m: { ut_pex: '1' } }],
  ['an id is negative', { m: { ut_pex: -1 } }],
  ['an id has no byte', { m: { ut_pex: 256 } }],
  ['an id is a bigint', { m: { ut_pex: 2n ** 64n } }],
  ['reqq is 0', { reqq: 0 }],
  ['reqq is negative', { reqq: -5 }],
  ['reqq is a list', { reqq: [] }],
  ['reqq is beyond numbers', { reqq: 2n ** 70n }],
  ['p is 0', { p: 0 }],
  ['p is no port', { p: 65_536 }],
  ['yourip has 3 bytes', { yourip: new Uint8Array(3) }],
  ['yourip has 5 bytes', { yourip: new Uint8Array(5) }],
  ['yourip has 17 bytes', { yourip: new Uint8Array(17) }],
  ['yourip is a number', { yourip: 1 }],
  ['ipv4 is an IPv6 address', { ipv4: new Uint8Array(16) }],
  ['ipv6 is an IPv4 address', { ipv6: new Uint8Array(4) }],
  ['v is a number', { v: 1 }],
  ['v is empty', { v: '' }],
  ['v is nothing but control characters', { v: '\u0000\u001b\u202e\n' }],
  ['upload_only is text', { upload_only: 'yes' }],
])('BEP 10: nonsense is as good as absent: %s', (_, fields) => {
  expect(read(fields)).toEqual(NOTHING);
});

test('BEP 10: 255 extensions are numbered, and sharing a number is their own loss', () => {
  const m = Object.fromEntries(Array.from({ length: 255 }, (_, i) => [`xx_${i}`, i + 1]));
  expect(read({ m }).ids.size).toBe(255);
  expect(read({ m: { a: 1, b: 1 } }).ids).toEqual(new Map(Object.entries({ a: 1, b: 1 })));
});

test('BEP 10: keys that mean something to JavaScript are names like others', () => {
  const handshake = Buffer.from('d1:md9:__proto__i1e11:constructori2ee1:v3:abce');
  expect(decodeExtendedHandshake(handshake, limits).ids).toEqual(
    new Map([
      ['__proto__', 1],
      ['constructor', 2],
    ]),
  );
});

test('BEP 10: a client name is cut, and cannot write into other lines', () => {
  expect(read({ v: 'x'.repeat(1_000) }).client).toBe('x'.repeat(limits.clientNameLength));
  expect(read({ v: '😀'.repeat(1_000) }).client).toBe('😀'.repeat(limits.clientNameLength));
  expect(read({ v: '\u001b[2J evil\r\n\u202etxt ' }).client).toBe('[2J eviltxt');
  expect(read({ v: Uint8Array.of(0xff, 0x41) }).client).toBe('\ufffdA');
});

test('BEP 10: keys in any order and bytes after the end are what some clients send', () => {
  expect(decodeExtendedHandshake(Buffer.from('d1:v1:x1:pi80e1:mdeetrailing'), limits)).toMatchObject({
    client: 'x',
    port: 80,
  });
});

test('BEP 10: a handshake that is no dictionary ends the connection with a reason', () => {
  for (const payload of ['', 'le', 'i1e', '3:abc', 'd', 'garbage', `d${'1:a'.repeat(30)}`]) {
    const connection = ready();
    const bytes = Uint8Array.from(Buffer.from(payload));
    expect(closedBy(connection.receive(bytesOf({ type: 'extended', id: 0, payload: bytes })))).toMatch(
      /^(bencode|wire)\//,
    );
  }
});

test('BEP 10: a handshake of a million little things is not taken in', () => {
  const payload = Uint8Array.from(Buffer.from(`d1:al${'le'.repeat(30_000)}ee`));
  const events = ready().receive(bytesOf({ type: 'extended', id: 0, payload }));
  expect(closedBy(events)).toMatch(/^bencode\/.*tokens$/);
});

test('BEP 10: a peer may let wait more than we ever ask', () => {
  const connection = ready();
  connection.receive(bytesOf({ type: 'extended', id: 0, payload: encode({ reqq: 1_000_000_000 }) }));
  expect(connection.outstandingMax).toBe(limits.requestsOut);
});

test('BEP 10: garbage is a handshake or an error with a code', () => {
  const bencodeLike = fc
    .string({ unit: fc.constantFrom('d', 'l', 'i', 'e', '1', ':', 'm', 'p', '-', '0', '2'), maxLength: 60 })
    .map((text) => Uint8Array.from(Buffer.from(`d1:md${text}`)));
  fc.assert(
    fc.property(fc.oneof(bencodeLike, fc.uint8Array({ maxLength: 100 })), (payload) => {
      try {
        decodeExtendedHandshake(payload, limits);
      } catch (error) {
        expect(error instanceof ProtocolError || (error as Error).name === 'BencodeError').toBe(true);
      }
      const events = ready().receive(bytesOf({ type: 'extended', id: 0, payload }));
      expect(events.length).toBe(1);
    }),
    { numRuns: 500 },
  );
});
