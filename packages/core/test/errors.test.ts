/** Whose fault it was. */
import { expect, test } from 'vitest';
import { assert, ProtocolError } from '../src/index.ts';

test('a protocol error has a code and a place in a specification', () => {
  const error = new ProtocolError('wire/message-too-long', 'BEP 3, peer messages', '4 GiB announced');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'ProtocolError',
    code: 'wire/message-too-long',
    spec: 'BEP 3, peer messages',
    message: '4 GiB announced',
  });
});

test('an assertion that fails is our own fault, and no protocol error', () => {
  assert(true, 'never said');
  expect(() => assert(false, 'two owners')).toThrow('invariant broken: two owners');
  expect(() => assert(false, 'two owners')).not.toThrow(ProtocolError);
});
