/** What the harness's decoder makes of captures (BEP 3, BEP 5, BEP 9, BEP 10, BEP 14, BEP 29), frame by frame. */
import { expect, test } from 'vitest';
import { type Facts, hiddenBetween, readFacts, voicesBetween } from '../src/wire/facts.ts';
import { summaryOf } from '../src/wire/summary.ts';
import { block, captureOf, type Frame, HASH, handshake, message } from './frames.ts';

const A = '10.0.0.3:40000';
const B = '10.0.0.4:6881';
const START = 0xffff_fff0;

/** A call from A to B; numbers of bytes start again in the middle of it. */
function call(from: string, to: string, said: readonly Buffer[], answered: readonly Buffer[]): Frame[] {
  const frames: Frame[] = [
    { from, to, syn: true, sequence: START },
    { from: to, to: from, syn: true, sequence: 99 },
  ];
  const add = (one: string, other: string, first: number, list: readonly Buffer[]) => {
    let sequence = first + 1;
    for (const tcp of list) {
      frames.push({ from: one, to: other, tcp, sequence, time: 1 + frames.length / 10 });
      sequence += tcp.length;
    }
  };
  add(from, to, START, said);
  add(to, from, 99, answered);
  return frames;
}

const payloadOf = (facts: Facts, from: string, to: string, transport?: 'tcp' | 'utp') =>
  voicesBetween(facts, from, to, transport).reduce((sum, { payload }) => sum + payload, 0);

test('BEP 3: messages are counted, blocks added up, and a piece timed when its last block is there', () => {
  const said = [handshake(), message(2), message(6, Buffer.alloc(12))];
  const answered = [handshake(), message(1), block(0, 0, 100), block(0, 100, 100), block(1, 0, 200), block(1, 0, 200)];
  const facts = readFacts(captureOf(call(A, B, said, answered)));
  expect(facts.talks).toHaveLength(1);
  const [caller, callee] = facts.talks[0]!.voices;
  expect(caller).toMatchObject({ infoHash: HASH, messages: { interested: 1, request: 1 }, payload: 0 });
  expect(callee).toMatchObject({ messages: { unchoke: 1, piece: 4 }, payload: 600, duplicate: 200 });
  expect(callee.firstPieceAt).toBeGreaterThan(callee.firstBlockAt!);
  expect(payloadOf(facts, '10.0.0.4', '10.0.0.3')).toBe(600);
  expect(payloadOf(facts, '10.0.0.4', '10.0.0.3', 'utp')).toBe(0);
  expect(facts.torn).toBe(0);
});

test('our choice: segments in any order, and twice, make the same conversation', () => {
  const frames = call(A, B, [handshake()], [handshake(), message(1), block(0, 0, 50)]);
  const late = [...frames.slice(0, 2), ...frames.slice(2).reverse(), frames[3]!, frames[0]!];
  const facts = readFacts(captureOf(late));
  expect(facts.talks[0]!.voices[1]).toMatchObject({ payload: 50, messages: { unchoke: 1, piece: 1 } });
  expect(facts.torn).toBe(0);
});

test('our choice: a capture that lacks a segment says so', () => {
  const frames = call(A, B, [handshake()], [handshake(), message(1), block(0, 0, 50)]);
  const facts = readFacts(captureOf(frames.filter((_, index) => index !== 4)));
  expect(facts.torn).toBe(1);
});

test('BEP 9, BEP 10: extension messages have the names that their listener gave them, and metadata is timed', () => {
  const extended = (id: number, body: string) =>
    message(20, Buffer.from(`${String.fromCharCode(id)}${body}`, 'latin1'));
  const said = [handshake(), extended(0, 'd1:md11:ut_metadatai3e6:ut_pexi9eee'), extended(7, 'd5:added0:e')];
  const answered = [
    handshake(),
    extended(0, 'd1:md6:ut_pexi7ee1:v4:Test1:xi1ee'),
    extended(3, 'd8:msg_typei1e5:piecei0eeINFO'),
  ];
  const [caller, callee] = readFacts(captureOf(call(A, B, said, answered))).talks[0]!.voices;
  expect(caller.messages).toEqual({ extended: 2, ut_pex: 1 });
  expect(callee).toMatchObject({ agent: 'Test', messages: { extended: 2, ut_metadata: 1 } });
  expect(callee.lastMetadataAt).toBeGreaterThan(0);
  expect(caller.lastMetadataAt).toBeUndefined();
});

test('BEP 3: requests to trackers and web servers are no peers, and what cannot be read is said', () => {
  const get = Buffer.from('GET /announce?x=1 HTTP/1.1\r\nHost: t\r\n\r\n');
  const facts = readFacts(
    captureOf([
      ...call(A, '10.0.0.2:6969', [get], [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]),
      ...call('10.0.0.3:40001', B, [Buffer.alloc(96, 7)], [Buffer.alloc(96, 9)]),
    ]),
  );
  expect(facts.http.map(({ line }) => line)).toEqual(['GET /announce?x=1']);
  expect(facts.talks).toEqual([]);
  const ends = { from: { ip: '10.0.0.3', port: 40001 }, to: { ip: '10.0.0.4', port: 6881 } };
  const sizes = { transport: 'tcp', startedAt: expect.any(Number), sent: 96, received: 96 };
  expect(facts.unreadable).toEqual([{ ...ends, ...sizes }]);
  const bytes = (list: readonly { readonly bytes: number }[]) => list.map((one) => one.bytes);
  expect(bytes(hiddenBetween(facts, '10.0.0.3', '10.0.0.4', 'tcp'))).toEqual([96]);
  expect(bytes(hiddenBetween(facts, '10.0.0.4', '10.0.0.3'))).toEqual([96]);
  expect(hiddenBetween(facts, '10.0.0.4', '10.0.0.3', 'utp')).toEqual([]);
});

test('BEP 5, BEP 14, BEP 15: datagrams are told apart', () => {
  const hash = Buffer.from(HASH, 'hex');
  const question = Buffer.concat([
    Buffer.from('d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa9:info_hash20:'),
    hash,
    Buffer.from('e1:q9:get_peers1:t2:xx1:y1:qe'),
  ]);
  const search = Buffer.from(
    `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nInfohash: ${HASH.toUpperCase()}\r\n\r\n`,
  );
  const facts = readFacts(
    captureOf([
      { from: '10.0.0.3:6881', to: '10.0.0.9:6881', udp: question },
      {
        from: '10.0.0.9:6881',
        to: '10.0.0.3:6881',
        udp: Buffer.from('d1:rd2:id20:aaaaaaaaaaaaaaaaaaaa6:valuesl6:ABCDEF18:aaaaaaaaaaaaaaaaEFee1:t2:xx1:y1:re'),
      },
      { from: '10.0.0.3:6771', to: '239.192.152.143:6771', udp: search },
      { from: '10.0.0.3:6881', to: '10.0.0.2:6969', udp: Buffer.alloc(16) },
      { from: '10.0.0.3:5353', to: '224.0.0.251:5353', udp: Buffer.alloc(30, 5) },
      // The number of this question to the DNS makes it look like uTP.
      {
        from: '10.0.0.3:48516',
        to: '10.255.255.53:53',
        udp: Buffer.concat([Buffer.from('2100', 'hex'), Buffer.alloc(34)]),
      },
    ]),
  );
  expect(facts.dht.map(({ name, infoHash }) => [name, infoHash])).toEqual([
    ['get_peers', HASH],
    ['r', ''],
  ]);
  expect(facts.dht[1]!.peers).toEqual(['65.66.67.68', '6161:6161:6161:6161:6161:6161:6161:6161']);
  expect(facts.discovery).toEqual([HASH]);
  expect(facts.udpTracker).toEqual(['10.0.0.3 10.0.0.2']);
  expect(facts.others).toEqual({ 53: 1, 5353: 1 });
  expect(facts.utpPackets).toBe(0);
});

function utp(type: number, id: number, sequence: number, payload: Buffer = Buffer.alloc(0), extension = false): Buffer {
  const head = Buffer.alloc(20);
  head[0] = (type << 4) | 1;
  head[1] = extension ? 1 : 0;
  head.writeUInt16BE(id, 2);
  head.writeUInt16BE(sequence & 0xffff, 16);
  return Buffer.concat([
    head,
    extension ? Buffer.from([...Array(20).fill([2, 0]).flat(), 0, 4, 1, 2, 3, 4]) : Buffer.alloc(0),
    payload,
  ]);
}

test('BEP 29: a uTP conversation is put together over lost, repeated and overtaking packets', () => {
  const [one, other] = ['10.0.0.3:6881', '10.0.0.4:6881'];
  const back = [handshake(), message(1), block(0, 0, 500)];
  const send = (from: string, to: string, bytes: Buffer): Frame => ({ from, to, udp: bytes });
  const facts = readFacts(
    captureOf([
      send(one, other, utp(4, 500, 65_535)),
      send(other, one, utp(2, 500, 8)),
      send(one, other, utp(0, 501, 65_536, handshake())),
      send(other, one, utp(0, 500, 9, back[0])),
      send(other, one, utp(0, 500, 11, back[2], true)),
      send(other, one, utp(0, 500, 9, back[0])),
      send(other, one, utp(0, 500, 10, back[1])),
    ]),
  );
  expect(facts.utpPackets).toBe(7);
  expect(facts.talks[0]).toMatchObject({ transport: 'utp' });
  expect(facts.talks[0]!.voices[0].infoHash).toBe(HASH);
  expect(facts.talks[0]!.voices[1]).toMatchObject({ payload: 500, messages: { unchoke: 1, piece: 1 } });
  expect(payloadOf(facts, '10.0.0.4', '10.0.0.3', 'utp')).toBe(500);
});

test('BEP 29: a packet that the capture lacks makes a hole', () => {
  const [one, other] = ['10.0.0.3:6881', '10.0.0.4:6881'];
  const frames = [utp(4, 500, 1), utp(2, 500, 8), utp(0, 500, 9, handshake()), utp(0, 500, 11, message(1))].map(
    (udp, index) => (index === 0 ? { from: one, to: other, udp } : { from: other, to: one, udp }),
  );
  expect(readFacts(captureOf(frames)).torn).toBe(1);
  expect(readFacts(captureOf(frames.slice(0, 3))).torn).toBe(0);
});

test('BEP 7: addresses of IPv6 read as people write them, and the summary names who is who', () => {
  const [one, other] = ['[fd13:7::3]:40000', '[fd13:7::4]:6881'];
  const facts = readFacts(captureOf(call(one, other, [handshake()], [handshake(), block(0, 0, 9)])));
  expect(facts.talks[0]!.voices.map(({ from }) => from.ip)).toEqual(['fd13:7::3', 'fd13:7::4']);
  const names = new Map([
    ['fd13:7::3', 'leecher'],
    ['fd13:7::4', 'seeder'],
  ]);
  expect(summaryOf(facts, names)).toContain(`leecher calls seeder over tcp, ${HASH}`);
});

test('our choice: bytes that are no capture, or the end of one that was cut, break nothing', () => {
  expect(readFacts(Buffer.alloc(0)).packets).toBe(0);
  const whole = captureOf(call(A, B, [handshake()], [handshake()]));
  expect(readFacts(whole.subarray(0, whole.length - 10)).packets).toBe(3);
  expect(() => readFacts(Buffer.alloc(40, 1))).toThrow('no capture file');
});
