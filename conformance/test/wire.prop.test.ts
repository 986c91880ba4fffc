/** The probe's peer wire protocol beside ours: the same bytes for the same messages, and the same messages in any bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Id20 } from '../../packages/core/src/index.ts';
import {
  allowedFastSet,
  decodeHandshake,
  decodeMessage,
  encodeHandshake,
  encodeMessage,
  type Message,
} from '../../packages/wire/src/index.ts';
import { canonicalSet } from '../src/probe/wire/fast-set.ts';
import {
  blockOf,
  carriedBy,
  ids,
  indexOf,
  message,
  readHandshake,
  readMessage,
  writeHandshake,
} from '../src/probe/wire/messages.ts';

const number = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = bytes(20);

describe('the probe agrees with @ferro/wire', () => {
  test('about handshakes', () => {
    fc.assert(
      fc.property(bytes(8), hash, hash, (reserved, infoHash, peerId) => {
        const written = writeHandshake({ reserved, infoHash, peerId });
        expect(
          Buffer.from(encodeHandshake({ reserved, infoHash: Id20.from(infoHash), peerId: Id20.from(peerId) })).equals(
            written,
          ),
        ).toBe(true);
        const [theirs, ours] = [readHandshake(new Uint8Array(written)), decodeHandshake(new Uint8Array(written))];
        expect(theirs.infoHash).toEqual(ours.infoHash.bytes);
        expect(theirs.peerId).toEqual(ours.peerId.bytes);
        expect(theirs.reserved).toEqual(ours.reserved);
      }),
    );
  });

  test('about messages without and with numbers', () => {
    const plain = [
      ['choke', ids.choke],
      ['unchoke', ids.unchoke],
      ['interested', ids.interested],
      ['not-interested', ids.notInterested],
      ['have-all', ids.haveAll],
      ['have-none', ids.haveNone],
    ] as const;
    for (const [type, id] of plain) same({ type } as Message, message(id));
    fc.assert(
      fc.property(number, number, number, (piece, begin, length) => {
        same({ type: 'have', piece }, message(ids.have, piece));
        same({ type: 'suggest', piece }, message(ids.suggest, piece));
        same({ type: 'allowed-fast', piece }, message(ids.allowedFast, piece));
        for (const [type, id] of [
          ['request', ids.request],
          ['cancel', ids.cancel],
          ['reject', ids.reject],
        ] as const) {
          same({ type, piece, begin, length } as Message, message(id, piece, begin, length));
        }
      }),
    );
  });

  test('about messages that carry bytes', () => {
    fc.assert(
      fc.property(number, number, fc.uint8Array({ minLength: 1, maxLength: 40 }), (piece, begin, data) => {
        same({ type: 'piece', piece, begin, data } as Message, message(ids.piece, piece, begin, data));
        same({ type: 'bitfield', bits: data } as unknown as Message, message(ids.bitfield, data));
      }),
    );
  });

  test('about the canonical pieces of BEP 6, and both with its example', () => {
    const infoHash = new Uint8Array(20).fill(0xaa);
    const wanted = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508];
    expect(canonicalSet('80.4.4.200', infoHash, 1313, 9)).toEqual(wanted);
    expect([...allowedFastSet('80.4.4.200', Id20.from(infoHash), 1313, 9)]).toEqual(wanted);
  });
});

function same(ours: Message, written: Uint8Array): void {
  expect(Buffer.from(encodeMessage(ours)).toString('hex')).toBe(Buffer.from(written).toString('hex'));
  const read = readMessage(new Uint8Array(written))!;
  expect(read.length).toBe(written.length);
  const { value } = read;
  const decoded = decodeMessage(new Uint8Array(written)) as unknown as Record<string, unknown>;
  expect(decoded['type']).toBe(ours.type);
  if ('begin' in decoded && 'length' in decoded) {
    expect(blockOf(value)).toEqual({ index: decoded['piece'], begin: decoded['begin'], length: decoded['length'] });
  } else if ('begin' in decoded) {
    expect(carriedBy(value)).toMatchObject({ index: decoded['piece'], begin: decoded['begin'] });
  } else if ('piece' in decoded) expect(indexOf(value)).toBe(decoded['piece']);
}
