import { expect, test } from 'vitest';
import { decodeHandshake, encodeHandshake, hasReservedBit, makeReserved } from '../src/index.ts';
import { BOB, closedBy, hello, INFO_HASH, make } from './pair.ts';

test('BEP 3: a handshake is 68 bytes: protocol, reserved bits, info-hash, peer id', () => {
  const bytes = encodeHandshake({ reserved: new Uint8Array(8), infoHash: INFO_HASH, peerId: BOB });
  const text = Buffer.from(bytes).toString('latin1');
  expect(text).toBe(`\x13BitTorrent protocol${'\0'.repeat(8)}${'\xaa'.repeat(20)}${'\xb0'.repeat(20)}`);
  const read = decodeHandshake(bytes);
  expect([read.infoHash.hex, read.peerId.hex]).toEqual([INFO_HASH.hex, BOB.hex]);
});

test('BEP 4: the reserved bits are where the table has them', () => {
  expect(makeReserved(['extensions'])).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0));
  expect(makeReserved(['fast', 'dht', 'v2'])).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x15));
  expect(hasReservedBit(makeReserved(['dht']), 'dht')).toBe(true);
  expect(hasReservedBit(makeReserved(['dht']), 'fast')).toBe(false);
});

test('BEP 3: another length than 68 bytes is refused by the codec', () => {
  for (const length of [0, 67, 69]) {
    expect(() => decodeHandshake(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'wire/handshake-length' }),
    );
  }
});

test('BEP 3: another protocol is known by its first wrong byte', () => {
  for (let at = 0; at < 20; at++) {
    const bytes = hello();
    bytes[at] = bytes[at]! ^ 1;
    expect(closedBy(make().receive(bytes.subarray(0, at + 1)))).toBe('wire/unknown-protocol');
    expect(closedBy(make().receive(bytes.subarray(0, at)))).toBe(undefined);
  }
  expect(closedBy(make().receive(Buffer.from('GET / HTTP/1.1\r\n\r\n')))).toBe('wire/unknown-protocol');
});

test('BEP 3: what comes right after the handshake is heard', () => {
  const bytes = Buffer.concat([hello(), Uint8Array.of(0, 0, 0, 1, 1)]);
  expect(
    make()
      .receive(bytes)
      .map((event) => event.type),
  ).toEqual(['handshake', 'unchoke']);
});
