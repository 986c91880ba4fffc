import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DecodedMessage, decodeMessage, encodeMessage, type Message, MessageDecoder } from '../src/index.ts';
import { anyMessage, joined } from './messages.ts';
import { copyOf, join } from './pair.ts';

/** Feeds chunks, copies what comes out before the next one, and ruins each chunk afterwards. */
function decode(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const decoder = new MessageDecoder();
  const seen: DecodedMessage[] = [];
  const borders = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...borders, bytes.length]) {
    const chunk = bytes.slice(from, to);
    const now: DecodedMessage[] = [];
    decoder.push(chunk);
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) now.push(message);
    // Only now: a view must outlive all that the same chunk brings.
    seen.push(...now.map(copyOf));
    chunk.fill(0xa5);
    from = to;
  }
  return joined(seen);
}

/** What the stream decoder says of a message: blocks with a length, unknown ones without their content. */
function expected(message: Message): unknown {
  if (message.type === 'unknown') return { type: 'unknown', id: message.id, payload: new Uint8Array(0) };
  if (message.type !== 'piece') return message;
  return { type: 'block', piece: message.piece, begin: message.begin, data: message.data };
}

const messages = fc.array(anyMessage, { maxLength: 30 });

test('BEP 3: a message decodes to what was encoded', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
    { numRuns: 500 },
  );
});

test('BEP 3: a stream says the same in one chunk, byte by byte and in any split', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(4_096), { maxLength: 20 }), (list, cuts) => {
      const bytes = join(list.map(encodeMessage));
      const whole = decode(bytes, []);
      expect(whole).toEqual(list.map(expected));
      expect(decode(bytes, [...bytes.keys()])).toEqual(whole);
      expect(decode(bytes, cuts)).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test('BEP 3: garbage is a message or a ProtocolError, for the codec and for the stream', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(30), fc.boolean(), (garbage, id, framed) => {
      // A right length prefix and an id lead deeper than chance would.
      const bytes = framed ? join([Uint8Array.of(0, 0, 0, garbage.length + 1, id), garbage]) : garbage;
      for (const run of [() => decodeMessage(bytes), () => decode(bytes, [1, 5, 9])]) {
        try {
          run();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
