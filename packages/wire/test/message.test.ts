import { ProtocolError } from '@ferro/core';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage, type Message, messageIds } from '../src/index.ts';

/** Written by hand from the texts, so that codec and decoder cannot agree on the same mistake. */
const VECTORS: readonly (readonly [string, Message, string])[] = [
  ['BEP 3: keep-alive', { type: 'keep-alive' }, '00000000'],
  ['BEP 3: choke', { type: 'choke' }, '00000001 00'],
  ['BEP 3: unchoke', { type: 'unchoke' }, '00000001 01'],
  ['BEP 3: interested', { type: 'interested' }, '00000001 02'],
  ['BEP 3: not interested', { type: 'not-interested' }, '00000001 03'],
  ['BEP 3: have', { type: 'have', piece: 0x01020304 }, '00000005 04 01020304'],
  ['BEP 3: bitfield', { type: 'bitfield', bits: Uint8Array.of(0x80, 1) }, '00000003 05 8001'],
  [
    'BEP 3: request',
    { type: 'request', piece: 1, begin: 0x4000, length: 0x8000 },
    '0000000d 06 00000001 00004000 00008000',
  ],
  [
    'BEP 3: piece',
    { type: 'piece', piece: 1, begin: 2, data: Uint8Array.of(9, 8) },
    '0000000b 07 00000001 00000002 0908',
  ],
  [
    'BEP 3: cancel',
    { type: 'cancel', piece: 0xffffffff, begin: 0, length: 1 },
    '0000000d 08 ffffffff 00000000 00000001',
  ],
  ['BEP 5: port', { type: 'port', port: 0x1ae1 }, '00000003 09 1ae1'],
  ['BEP 6: suggest', { type: 'suggest', piece: 7 }, '00000005 0d 00000007'],
  ['BEP 6: have all', { type: 'have-all' }, '00000001 0e'],
  ['BEP 6: have none', { type: 'have-none' }, '00000001 0f'],
  ['BEP 6: reject', { type: 'reject', piece: 1, begin: 2, length: 3 }, '0000000d 10 00000001 00000002 00000003'],
  ['BEP 6: allowed fast', { type: 'allowed-fast', piece: 7 }, '00000005 11 00000007'],
  ['BEP 10: extended', { type: 'extended', id: 3, payload: Uint8Array.of(100, 101) }, '00000004 14 03 6465'],
  [
    'BEP 52: hash request',
    {
      type: 'hash-request',
      piecesRoot: new Uint8Array(32).fill(0xab),
      baseLayer: 1,
      index: 2,
      length: 4,
      proofLayers: 5,
    },
    `00000031 15 ${'ab'.repeat(32)} 00000001 00000002 00000004 00000005`,
  ],
  [
    'BEP 52: hashes',
    {
      type: 'hashes',
      piecesRoot: new Uint8Array(32).fill(0xab),
      baseLayer: 1,
      index: 2,
      length: 4,
      proofLayers: 5,
      hashes: new Uint8Array(32).fill(0xcd),
    },
    `00000051 16 ${'ab'.repeat(32)} 00000001 00000002 00000004 00000005 ${'cd'.repeat(32)}`,
  ],
  [
    'BEP 52: hash reject',
    {
      type: 'hash-reject',
      piecesRoot: new Uint8Array(32).fill(0xab),
      baseLayer: 1,
      index: 2,
      length: 4,
      proofLayers: 5,
    },
    `00000031 17 ${'ab'.repeat(32)} 00000001 00000002 00000004 00000005`,
  ],
  [
    'BEP 4: a message that nobody has defined',
    { type: 'unknown', id: 200, payload: Uint8Array.of(1) },
    '00000002 c8 01',
  ],
];

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test.each(VECTORS)('%s, both ways', (_, message, hex) => {
  expect(encodeMessage(message)).toEqual(bytesOf(hex));
  expect(decodeMessage(bytesOf(hex))).toEqual(message);
});

test('BEP 4: every message that has an id is among the vectors', () => {
  const tested = new Set(VECTORS.map(([, message]) => message.type));
  for (const type of Object.keys(messageIds)) expect(tested).toContain(type);
});

test.each([
  ['shorter than a length prefix', '000000'],
  ['a prefix that says less than there is', '00000001 0000'],
  ['a prefix that says more than there is', '00000002 00'],
  ['a choke with content', '00000002 00 00'],
  ['a have without its last byte', '00000004 04 000000'],
  ['a request with an extra byte', '0000000e 06 000000010000000200000003 00'],
  ['a piece without begin', '00000005 07 00000001'],
  ['an extended message without an id', '00000001 14'],
  ['hashes that end inside the range', '00000021 16 0000000000000000000000000000000000000000000000000000000000000000'],
  ['hashes that end inside a hash', `00000032 16 ${'00'.repeat(49)}`],
])('BEP 3: %s is refused', (_, hex) => {
  expect(() => decodeMessage(bytesOf(hex))).toThrow(
    expect.objectContaining({ name: 'ProtocolError', code: 'wire/message-length' }),
  );
});

test('BEP 3: what is decoded views the frame and copies nothing', () => {
  const frame = encodeMessage({ type: 'piece', piece: 1, begin: 2, data: new Uint8Array(4) });
  const message = decodeMessage(frame);
  frame.fill(7);
  expect(message).toMatchObject({ type: 'piece', data: new Uint8Array(4).fill(7) });
});

test('errors name the rule that was broken', () => {
  try {
    decodeMessage(bytesOf('00000002 00 00'));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).spec).toBe('BEP 3, peer messages');
  }
});
