/** The codec on the example packets of BEP 5, and on what the network sends besides. */
import { ProtocolError, toHex, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { decodeKrpc, encodeKrpc, isKrpc, type KrpcMessage } from '../src/index.ts';

const asker = utf8('abcdefghij0123456789');
const node = utf8('mnopqrstuvwxyz123456');
const transaction = utf8('aa');

const examples: readonly (readonly [name: string, packet: string, message: KrpcMessage])[] = [
  [
    'error',
    'd1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee',
    { type: 'error', transaction, code: 201, message: 'A Generic Error Ocurred' },
  ],
  [
    'ping query',
    'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe',
    { type: 'query', transaction, method: 'ping', body: { id: asker } },
  ],
  [
    'ping response',
    'd1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re',
    { type: 'response', transaction, body: { id: node } },
  ],
  [
    'find_node query',
    'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe',
    { type: 'query', transaction, method: 'find_node', body: { id: asker, target: node } },
  ],
  [
    'find_node response',
    'd1:rd2:id20:0123456789abcdefghij5:nodes9:def456...e1:t2:aa1:y1:re',
    { type: 'response', transaction, body: { id: utf8('0123456789abcdefghij'), nodes: utf8('def456...') } },
  ],
  [
    'get_peers query',
    'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe',
    { type: 'query', transaction, method: 'get_peers', body: { id: asker, infoHash: node } },
  ],
  [
    'get_peers response with peers',
    'd1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re',
    {
      type: 'response',
      transaction,
      body: { id: asker, token: utf8('aoeusnth'), values: [utf8('axje.u'), utf8('idhtnm')] },
    },
  ],
  [
    'get_peers response with nodes',
    'd1:rd2:id20:abcdefghij01234567895:nodes9:def456...5:token8:aoeusnthe1:t2:aa1:y1:re',
    { type: 'response', transaction, body: { id: asker, token: utf8('aoeusnth'), nodes: utf8('def456...') } },
  ],
  [
    'announce_peer query',
    'd1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe',
    {
      type: 'query',
      transaction,
      method: 'announce_peer',
      body: { id: asker, impliedPort: true, infoHash: node, port: 6881, token: utf8('aoeusnth') },
    },
  ],
];

for (const [name, packet, message] of examples) {
  test(`BEP 5 example: the ${name} is read and written to the byte`, () => {
    expect(decodeKrpc(utf8(packet))).toMatchObject(message);
    expect(toHex(encodeKrpc(message))).toBe(toHex(utf8(packet)));
  });
}

const read = (packet: string) => decodeKrpc(utf8(packet));
const query = (body: string, rest = '1:q9:get_peers1:t2:aa1:y1:q') => read(`d1:ad${body}e${rest}e`);

test('BEP 42: the asker sees its address at the top of an answer', () => {
  const address = Uint8Array.of(192, 0, 2, 1, 26, 225);
  const bytes = encodeKrpc({ type: 'response', transaction, body: { id: node }, address });
  expect(String.fromCharCode(...bytes.subarray(0, 6))).toBe('d2:ip6');
  expect(decodeKrpc(bytes)).toMatchObject({ address });
});

test('BEP 43: ro=1 stands at the top of a question; ro=0 is as if it was not there', () => {
  const bytes = encodeKrpc({ type: 'query', transaction, method: 'ping', body: { id: asker }, readOnly: true });
  expect(String.fromCharCode(...bytes)).toContain('1:q4:ping2:roi1e1:t');
  expect(decodeKrpc(bytes)).toMatchObject({ readOnly: true });
  expect(read('d1:ade1:q4:ping2:roi0e1:t2:aa1:y1:qe')).toMatchObject({ readOnly: false });
});

test('BEP 32: want is a list of families, unknown ones are ignored', () => {
  expect(query('4:wantl2:n92:n42:n63:abce')).toMatchObject({ body: { want: [4, 6] } });
  expect(query('4:want2:n4')).toMatchObject({ body: { want: undefined } });
  const bytes = encodeKrpc({ type: 'query', transaction, method: 'find_node', body: { id: asker, want: [4, 6] } });
  expect(String.fromCharCode(...bytes)).toContain('4:wantl2:n42:n6ee');
});

test('BEP 44: the value of an item is read as it stands', () => {
  expect(query('1:vd1:ali1eee', '1:q3:put1:t2:aa1:y1:q')).toMatchObject({ body: { v: utf8('d1:ali1eee') } });
});

test('BEP 44: sequence numbers keep all 64 bits, and longer ones are absent', () => {
  expect(query('3:seqi9223372036854775807e')).toMatchObject({ body: { seq: 9_223_372_036_854_775_807n } });
  expect(query('3:seqi-9223372036854775808e')).toMatchObject({ body: { seq: -9_223_372_036_854_775_808n } });
  expect(query('3:seqi9223372036854775808e')).toMatchObject({ body: { seq: undefined } });
});

test('keys in any order, unknown keys and unknown arguments are read', () => {
  const message = read('d1:y1:q1:zl1:xi7ee1:q4:ping1:t2:aa1:ad3:food1:xi1ee2:id20:abcdefghij0123456789ee');
  expect(message).toMatchObject({ type: 'query', method: 'ping', body: { id: asker } });
});

test('a field of the wrong kind or length is as if it was not there', () => {
  expect(query('2:id19:abcdefghij012345678')).toMatchObject({ body: { id: undefined } });
  expect(query('2:idi7e4:port4:68815:tokenl1:xe9:info_hashde')).toMatchObject({
    body: { id: undefined, port: undefined, token: undefined, infoHash: undefined },
  });
  expect(read('d1:al1:xe1:q4:ping1:t2:aa1:y1:qe')).toMatchObject({ body: { id: undefined } });
});

test('an unknown method is read by name', () => {
  expect(read('d1:ade1:q3:foo1:t2:aa1:y1:qe')).toMatchObject({ method: 'foo' });
});

test('an error with its parts in the wrong order is read all the same', () => {
  expect(read('d1:el5:sorryi203ee1:t2:aa1:y1:ee')).toMatchObject({ code: 203, message: 'sorry' });
});

const broken: readonly (readonly [what: string, packet: string, code: string])[] = [
  ['nothing', '', 'dht/not-krpc'],
  ['a list', 'l1:ae', 'dht/not-krpc'],
  ['a truncated message', 'd1:ad2:id20:abce', 'dht/bad-bencode'],
  ['something behind the message', 'd1:t2:aa1:y1:qe1:e', 'dht/bad-bencode'],
  ['a length with a leading zero', 'd1:t02:aa1:y1:qe', 'dht/bad-bencode'],
  ['a number that is none', 'd1:ad4:porti-0ee1:q4:ping1:t2:aa1:y1:qe', 'dht/bad-bencode'],
  ['a number without end', `d1:ad4:porti${'1'.repeat(40)}ee1:t2:aa1:y1:qe`, 'dht/bad-bencode'],
  ['values inside each other without end', `d1:x${'l'.repeat(600)}${'e'.repeat(600)}1:t2:aa1:y1:qe`, 'dht/bad-bencode'],
  ['no transaction id', 'd1:ade1:q4:ping1:y1:qe', 'dht/no-transaction'],
  ['no method', 'd1:ade1:t2:aa1:y1:qe', 'dht/no-method'],
  ['no answer', 'd1:t2:aa1:y1:re', 'dht/no-answer'],
  ['no kind', 'd1:ade1:q4:ping1:t2:aae', 'dht/unknown-kind'],
  ['an unknown kind', 'd1:ade1:q4:ping1:t2:aa1:y1:xe', 'dht/unknown-kind'],
  ['more than a frame of Ethernet', `d1:t2:aa1:x1500:${'x'.repeat(1_500)}1:y1:qe`, 'dht/too-long'],
];

for (const [what, packet, code] of broken) {
  test(`${what}: refused as ${code}`, () => {
    expect(() => read(packet)).toThrow(ProtocolError);
    expect(() => read(packet)).toThrow(expect.objectContaining({ code }));
  });
}

test('a shared port: messages of the DHT are told from those of uTP and of UDP trackers', () => {
  for (const [, packet] of examples) expect(isKrpc(utf8(packet))).toBe(true);
  for (let kind = 0; kind < 5; kind++) expect(isKrpc(Uint8Array.of((kind << 4) | 1, 0, 1, 2, 3, 4))).toBe(false);
  for (let action = 0; action < 4; action++) expect(isKrpc(Uint8Array.of(0, 0, 0, action, 1, 2, 3, 4))).toBe(false);
  expect(isKrpc(utf8('d'))).toBe(false);
  expect(isKrpc(utf8('de'))).toBe(false);
});

test('what was written stays as it is when more is written', () => {
  const first = encodeKrpc({ type: 'query', transaction, method: 'ping', body: { id: asker } });
  const copy = first.slice();
  for (let i = 0; i < 3_000; i++) encodeKrpc({ type: 'query', transaction, method: 'ping', body: { id: node } });
  expect(first).toEqual(copy);
});

test('a message longer than the memory for many is written too', () => {
  const value = new Uint8Array(100_000).fill(120);
  const bytes = encodeKrpc({ type: 'query', transaction, method: 'put', body: { token: value } });
  expect(bytes.length).toBeGreaterThan(100_000);
  expect(bytes.at(-1)).toBe(101);
});
