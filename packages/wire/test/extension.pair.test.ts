import { encode } from '@ferro/bencode';
import { ProtocolError } from '@ferro/core';
import { expect, test } from 'vitest';
import { DontHaveExtension, type Extension, PeerConnection } from '../src/index.ts';
import { EchoExtension } from './echo-extension.ts';
import { ALICE, bytesOf, closedBy, framesOf, hello, INFO_HASH, Pair, ready, World } from './pair.ts';

const handshake = (fields: Parameters<typeof encode>[0]) =>
  bytesOf({ type: 'extended', id: 0, payload: encode(fields) });
const word = (id: number, text: string) =>
  bytesOf({ type: 'extended', id, payload: Uint8Array.from(Buffer.from(text)) });

/** Alice's extension on a connection to a scripted Bob. */
function withEcho(): { echo: EchoExtension; connection: PeerConnection<EchoExtension> } {
  const echo = new EchoExtension('xx_echo');
  return { echo, connection: ready({ extensions: [echo] }) };
}

test('BEP 10: each side says what it is and what it can, as soon as it may', () => {
  const pair = new Pair({
    alice: { client: 'Ferro 1', port: 6_881, remoteIp: '203.0.113.9', uploadOnly: true, limits: { requestsIn: 77 } },
    bob: { remoteIp: '2001:db8::7' },
  });
  pair.alice.offer();
  pair.bob.offer();
  const { alice, bob } = pair.talk();
  expect(bob).toMatchObject([
    {
      type: 'extended-handshake',
      handshake: { client: 'Ferro 1', port: 6_881, yourIp: '203.0.113.9', uploadOnly: true, requestQueue: 77 },
    },
  ]);
  expect(alice).toMatchObject([{ handshake: { yourIp: '2001:db8::7', requestQueue: 500 } }]);
  expect(pair.bob.outstandingMax).toBe(77);
});

test('BEP 10: extensions talk through the numbers that the other side gave them', () => {
  const [one, two] = [new EchoExtension('xx_echo', 'one'), new EchoExtension('xx_echo', 'two')];
  const pair = new Pair<Extension>({
    alice: { extensions: [new EchoExtension('xx_other'), one] },
    bob: { extensions: [two, new EchoExtension('xx_lonely')] },
  });
  one.say('marco');
  two.say('polo');
  expect(pair.talk()).toEqual({
    alice: [{ type: 'extension', name: 'xx_echo', event: { type: 'word', word: 'polo' } }],
    bob: [{ type: 'extension', name: 'xx_echo', event: { type: 'word', word: 'marco' } }],
  });
});

test('BEP 10: what an extension offers arrives at its counterpart', () => {
  const alice = new PeerConnection(new World(), {
    peerId: ALICE,
    infoHash: INFO_HASH,
    extensions: [new EchoExtension('xx_echo')],
  });
  alice.receive(hello());
  expect(alice.receive(handshake({ m: { xx_echo: 3 }, xx_echo_greeting: 'ahoy' }))).toMatchObject([
    { type: 'extended-handshake' },
    { type: 'extension', name: 'xx_echo', event: { type: 'greeted', by: 'ahoy' } },
  ]);
});

test('BEP 10: the id 0 turns an extension off, a later one on again, under another number', () => {
  const { echo, connection } = withEcho();
  echo.say('early');
  expect(framesOf(connection.flush())).toEqual([]);
  connection.receive(handshake({ m: { xx_echo: 9 } }));
  expect(framesOf(connection.flush())).toEqual([word(9, 'early')]);
  connection.receive(handshake({ m: { xx_echo: 0 } }));
  expect(echo.withdrawn).toBe(1);
  echo.say('waits');
  expect(framesOf(connection.flush())).toEqual([]);
  connection.receive(handshake({ m: { xx_echo: 200 } }));
  expect(framesOf(connection.flush())).toEqual([word(200, 'waits')]);
});

test('BEP 10: a later handshake changes only what it names', () => {
  const { echo, connection } = withEcho();
  connection.receive(handshake({ m: { xx_echo: 9 }, reqq: 33 }));
  connection.receive(handshake({ upload_only: 1 }));
  echo.say('still here');
  expect(framesOf(connection.flush())).toEqual([word(9, 'still here')]);
  expect(connection.outstandingMax).toBe(33);
});

test('BEP 10: our own extension can be turned off and on while the connection lives', () => {
  const pair = new Pair({
    alice: { extensions: [new EchoExtension('xx_echo')] },
    bob: { extensions: [new EchoExtension('xx_echo')] },
  });
  pair.bob.enableExtension('xx_echo', false);
  expect(pair.talk().alice).toMatchObject([{ handshake: { ids: new Map([['xx_echo', 0]]) } }]);
  pair.bob.receive(word(1, 'ignored'));
  expect(pair.talk()).toEqual({ alice: [], bob: [] });
  pair.bob.enableExtension('xx_echo', true);
  pair.bob.enableExtension('xx_echo', true);
  expect(pair.talk().alice).toHaveLength(2);
  expect(pair.bob.receive(word(1, 'heard'))).toHaveLength(1);
});

test('BEP 10: messages with numbers that nobody gave out are ignored', () => {
  const { connection } = withEcho();
  for (const id of [2, 100, 255]) expect(connection.receive(word(id, 'what'))).toEqual([]);
  expect(connection.receive(word(1, 'this'))).toHaveLength(1);
});

test('BEP 10: the deadline of an extension is one of the connection', () => {
  const { echo, connection } = withEcho();
  echo.deadline = 1_500;
  expect(connection.deadline).toBe(1_500);
  const world = new World();
  const later = new EchoExtension('xx_echo');
  const timed = ready({ extensions: [later] }, undefined, world);
  later.deadline = world.time + 500;
  world.time += 499;
  expect(timed.tick()).toEqual([]);
  world.time += 1;
  expect(timed.tick()).toEqual([{ type: 'extension', name: 'xx_echo', event: { type: 'word', word: 'ticked' } }]);
});

test('BEP 10: without the bit on both sides there is no extended message', () => {
  const echo = new EchoExtension('xx_echo');
  const connection = ready({ extensions: [echo] }, ['fast']);
  expect(connection.extensions).toBe(false);
  expect(closedBy(connection.receive(word(1, 'hm')) as never)).toBe('wire/not-negotiated');
});

test('BEP 10: an extension that refuses its input ends the connection with its own reason', () => {
  class Strict extends EchoExtension {
    override receive(): never {
      throw new ProtocolError('xx/nonsense', 'BEP 0', 'no');
    }
  }
  const connection = ready({ extensions: [new Strict('xx_echo')] });
  expect(closedBy(connection.receive(word(1, 'x')) as never)).toBe('xx/nonsense');
});

test('BEP 10: two extensions of one name are a mistake, and so are more than there are numbers', () => {
  expect(() => ready({ extensions: [new EchoExtension('xx_a'), new EchoExtension('xx_a')] })).toThrow(TypeError);
  const many = Array.from({ length: 256 }, (_, i) => new EchoExtension(`xx_${i}`));
  expect(() => ready({ extensions: many })).toThrow(TypeError);
  expect(ready({ extensions: many.slice(1) }).ready).toBe(true);
});

test('BEP 21: being done is said once for each change', () => {
  const pair = new Pair();
  pair.alice.setUploadOnly(true);
  pair.alice.setUploadOnly(true);
  expect(pair.talk().bob).toMatchObject([{ type: 'extended-handshake', handshake: { uploadOnly: true } }]);
  pair.alice.setUploadOnly(false);
  expect(pair.talk().bob).toMatchObject([{ handshake: { uploadOnly: false } }]);
});

test('BEP 54: a piece is taken back', () => {
  const [one, two] = [new DontHaveExtension(), new DontHaveExtension()];
  expect(one.dontHave(7)).toBe(false);
  const pair = new Pair({ alice: { extensions: [one] }, bob: { extensions: [two] } });
  expect(one.dontHave(7)).toBe(true);
  expect(pair.talk().bob).toEqual([{ type: 'extension', name: 'lt_donthave', event: { type: 'dont-have', piece: 7 } }]);
  pair.bob.receive(handshake({ m: { lt_donthave: 0 } }));
  expect(two.dontHave(1)).toBe(false);
});

test('BEP 54: a piece that is none, or no number, ends the connection', () => {
  for (const [payload, code] of [
    [Uint8Array.of(0, 0, 0, 10), 'wire/piece-out-of-range'],
    [Uint8Array.of(1, 2, 3), 'wire/dont-have-length'],
    [new Uint8Array(5), 'wire/dont-have-length'],
  ] as const) {
    const extension = new DontHaveExtension();
    extension.pieceCount = 10;
    const connection = ready({ extensions: [extension] });
    expect(connection.receive(bytesOf({ type: 'extended', id: 1, payload: Uint8Array.of(0, 0, 0, 9) }))).toHaveLength(
      1,
    );
    expect(closedBy(connection.receive(bytesOf({ type: 'extended', id: 1, payload })) as never)).toBe(code);
  }
});
