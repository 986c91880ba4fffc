import { expect, test } from 'vitest';
import { encodeMessage, type Message, MessageEncoder, messageIds } from '../src/index.ts';
import { bytesOf, join } from './pair.ts';

test('BEP 3: the encoder writes the same bytes as the codec', () => {
  const encoder = new MessageEncoder();
  const payload = new Uint8Array(20).fill(3);
  const long = new Uint8Array(1_000).fill(4);
  const hashes: Message = {
    type: 'hash-request',
    piecesRoot: new Uint8Array(32),
    baseLayer: 0,
    index: 0,
    length: 2,
    proofLayers: 0,
  };
  encoder.bare(messageIds.unchoke);
  encoder.keepAlive();
  encoder.piece(messageIds.have, 70_000);
  encoder.block(messageIds.cancel, 1, 2, 0xffffffff);
  encoder.data(3, 4, long);
  encoder.port(6_881);
  encoder.extended(9, payload);
  encoder.extended(9, long);
  encoder.message(hashes);
  expect(join(encoder.flush())).toEqual(
    bytesOf(
      { type: 'unchoke' },
      { type: 'keep-alive' },
      { type: 'have', piece: 70_000 },
      { type: 'cancel', piece: 1, begin: 2, length: 0xffffffff },
      { type: 'piece', piece: 3, begin: 4, data: long },
      { type: 'port', port: 6_881 },
      { type: 'extended', id: 9, payload },
      { type: 'extended', id: 9, payload: long },
      hashes,
    ),
  );
  expect(encoder.flush()).toEqual([]);
});

test('small messages share a chunk, which is cut only where a payload goes between', () => {
  const encoder = new MessageEncoder();
  const data = new Uint8Array(16_384);
  for (let i = 0; i < 10; i++) encoder.block(messageIds.request, i, 0, 16_384);
  expect(encoder.flush().map((chunk) => chunk.length)).toEqual([170]);
  for (let i = 0; i < 64; i++) encoder.data(i, 0, data);
  const chunks = encoder.flush();
  expect(chunks.length).toBe(128);
  expect(chunks.filter((chunk) => chunk === data).length).toBe(64);
});

test('chunks that were flushed stay as they are while more is written', () => {
  const encoder = new MessageEncoder(300);
  const flushed: { chunk: Uint8Array; copy: Uint8Array }[] = [];
  for (let i = 0; i < 200; i++) {
    for (let j = 0; j <= i % 5; j++) encoder.piece(messageIds.have, i);
    for (const chunk of encoder.flush()) flushed.push({ chunk, copy: chunk.slice() });
  }
  for (const { chunk, copy } of flushed) expect(chunk).toEqual(copy);
  expect(join(flushed.map(({ chunk }) => chunk)).length % encodeMessage({ type: 'have', piece: 0 }).length).toBe(0);
});

test('small bytes are counted until they are flushed, payloads by reference are not', () => {
  const encoder = new MessageEncoder();
  encoder.data(0, 0, new Uint8Array(16_384));
  expect(encoder.smallBytes).toBe(13);
  encoder.extended(1, new Uint8Array(10_000));
  expect(encoder.smallBytes).toBe(13 + 6 + 10_000);
  encoder.flush();
  expect(encoder.smallBytes).toBe(0);
});
