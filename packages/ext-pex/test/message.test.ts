import { BencodeError } from '@ferro/bencode';
import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePexFlags,
  decodePexMessage,
  encodePexFlags,
  encodePexMessage,
  limits,
  type PexFlags,
} from '../src/index.ts';
import { address, address6, peerAt } from './world.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const bytes = (latin1: string) => Uint8Array.from(Buffer.from(latin1, 'latin1'));
const V4 = '\x08\x00\x00\x01\x1a\xe1';
const V6 = `\x2a${'\x00'.repeat(14)}\x02\x1a\xe1`;

test('BEP 11: added, their flags and dropped, of both families', () => {
  const message = {
    added: [peerAt(address(1), 0x12), peerAt(address6(1), 0x04)],
    dropped: [address(1), address6(1)],
  };
  const payload = encodePexMessage(message);
  expect(text(payload)).toBe(
    `d5:added6:${V4}7:added.f1:\x126:added618:${V6}8:added6.f1:\x047:dropped6:${V4}8:dropped618:${V6}e`,
  );
  expect(decodePexMessage(payload)).toEqual(message);
});

test('BEP 11: at least one list is in a message', () => {
  expect(text(encodePexMessage({ added: [], dropped: [] }))).toBe('d5:added0:e');
  expect(text(encodePexMessage({ added: [], dropped: [address(1)] }))).toBe(`d7:dropped6:${V4}e`);
});

test('BEP 11: flags are optional, surplus ones and unknown bits mean nothing', () => {
  const flagsOf = (field: string) => decodePexMessage(bytes(`d5:added12:${V4}${V4}${field}e`)).added[1]?.flags;
  expect(flagsOf('')).toEqual(decodePexFlags(0));
  expect(flagsOf('7:added.f1:\x01')).toEqual(decodePexFlags(0));
  expect(flagsOf('7:added.f3:\x01\xe2\x01')).toEqual(decodePexFlags(2));
});

test.each<[keyof PexFlags, number]>([
  ['encryption', 1],
  ['seed', 2],
  ['utp', 4],
  ['holepunch', 8],
  ['reachable', 16],
])('BEP 11: the flag %s is %i', (name, bit) => {
  expect(encodePexFlags({ [name]: true })).toBe(bit);
  expect(decodePexFlags(bit)[name]).toBe(true);
  expect(decodePexFlags(0xff ^ bit)[name]).toBe(false);
});

test('keys out of order, unknown keys and fields of a wrong kind are what deployed clients send, and harm nothing', () => {
  expect(decodePexMessage(bytes(`d7:dropped6:${V4}5:addedi3e4:morel1:xee`))).toEqual({
    added: [],
    dropped: [address(1)],
  });
});

test.each([
  ['ext-pex/malformed', 'li1ee'],
  ['ext-pex/malformed', 'd5:added7:1234567e'],
  ['ext-pex/malformed', 'd8:dropped66:123456e'],
  ['ext-pex/too-long', `d5:added${limits.messageLength}:${'x'.repeat(limits.messageLength)}e`],
])('%s is refused', (code, payload) => {
  expect(() => decodePexMessage(bytes(payload))).toThrow(expect.objectContaining({ code }));
});

test('any message comes back as it was', () => {
  const contact = fc.oneof(
    fc.nat(0xffffff).map((number) => address(number)),
    fc.nat(0xfffe).map(address6),
  );
  const lists = fc.record({
    added: fc.array(fc.tuple(contact, fc.nat(31)), { maxLength: 100 }),
    dropped: fc.array(contact, { maxLength: 100 }),
  });
  fc.assert(
    fc.property(lists, ({ added, dropped }) => {
      const back = decodePexMessage(
        encodePexMessage({ added: added.map(([at, flags]) => peerAt(at, flags)), dropped }),
      );
      const v6Last = <Value>(list: readonly Value[], ip: (value: Value) => string) => [
        ...list.filter((value) => !ip(value).includes(':')),
        ...list.filter((value) => ip(value).includes(':')),
      ];
      expect(back.added).toEqual(v6Last(added, ([at]) => at.ip).map(([at, flags]) => peerAt(at, flags)));
      expect(back.dropped).toEqual(v6Last(dropped, ({ ip }) => ip));
    }),
  );
});

test('garbage, and messages with a few bytes changed, are a message or an error with a code', () => {
  const valid = encodePexMessage({ added: [peerAt(address(1)), peerAt(address6(2))], dropped: [address(3)] });
  const changed = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
    const copy = valid.slice();
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (payload) => {
      try {
        decodePexMessage(payload);
      } catch (error) {
        expect(error instanceof ProtocolError || error instanceof BencodeError).toBe(true);
      }
    }),
  );
});
