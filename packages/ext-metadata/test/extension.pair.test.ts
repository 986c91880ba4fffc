import { Id20 } from '@ferro/core';
import { PeerConnection } from '@ferro/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMetadataMessage, limits, type MetadataEvent, MetadataExtension, PIECE_LENGTH } from '../src/index.ts';

const infoHash = Id20.from(new Uint8Array(20).fill(3));
const info = new Uint8Array(PIECE_LENGTH + 500).map((_, i) => i % 251);

class Clock {
  time = 0;
  now(): number {
    return this.time;
  }
  random(bytes: Uint8Array): void {
    bytes.fill(9);
  }
}

/** Two connections mouth to mouth; the second serves. */
function pair(serve: Uint8Array | undefined) {
  const clock = new Clock();
  const extensions = [new MetadataExtension(clock), new MetadataExtension(clock, serve)] as const;
  const connections = extensions.map(
    (extension, i) =>
      new PeerConnection(clock, {
        infoHash,
        peerId: Id20.from(new Uint8Array(20).fill(i + 1)),
        extensions: [extension],
      }),
  );
  const heard: MetadataEvent[] = [];
  const talk = () => {
    for (let quiet = 0; quiet < 2; ) {
      quiet++;
      for (const [from, to] of [
        [0, 1],
        [1, 0],
      ] as const) {
        for (const chunk of connections[from]!.flush()) {
          quiet = 0;
          for (const event of connections[to]!.receive(chunk.slice())) {
            if (to === 0 && event.type === 'extension') heard.push(structuredClone(event.event));
          }
        }
      }
    }
  };
  talk();
  return { clock, extensions, connections, heard, talk };
}

test('BEP 9: the size comes with the extended handshake, pieces when asked for', () => {
  const { extensions, heard, talk } = pair(info);
  expect(heard).toEqual([{ type: 'size', length: info.length }]);
  expect([extensions[0].request(0), extensions[0].request(1), extensions[0].request(2)]).toEqual([true, true, false]);
  talk();
  expect(heard.slice(1)).toEqual([
    { type: 'piece', index: 0, data: info.slice(0, PIECE_LENGTH) },
    { type: 'piece', index: 1, data: info.slice(PIECE_LENGTH) },
  ]);
});

test('BEP 9: who does not have it offers no size, and rejects', () => {
  const { extensions, heard, talk } = pair(undefined);
  expect(heard).toEqual([]);
  expect(extensions[0].request(0)).toBe(false);
  extensions[1].receive(encodeMetadataMessage({ type: 'request', index: 0 }));
  expect(extensions[1].flush()).toEqual([encodeMetadataMessage({ type: 'reject', index: 0 })]);
  talk();
});

test('a peer that does not answer has refused after a while', () => {
  const { clock, extensions } = pair(info);
  extensions[0].request(0);
  extensions[0].flush();
  clock.time = extensions[0].deadline;
  expect(extensions[0].tick()).toEqual([{ type: 'refused', index: 0 }]);
  expect(extensions[0].deadline).toBe(Number.POSITIVE_INFINITY);
});

test('data of a wrong length or a changed total is a refusal; data that nobody asked for is nothing', () => {
  const { extensions } = pair(info);
  const [asking] = extensions;
  const data = (index: number, length: number, totalLength = info.length) =>
    asking.receive(encodeMetadataMessage({ type: 'data', index, totalLength, data: new Uint8Array(length) }));
  expect(data(0, PIECE_LENGTH)).toEqual([]);
  asking.request(0);
  expect(data(0, PIECE_LENGTH - 1)).toEqual([{ type: 'refused', index: 0 }]);
  asking.request(0);
  expect(data(0, PIECE_LENGTH, info.length + 1)).toEqual([{ type: 'refused', index: 0 }]);
});

test('a size that nobody has is not believed', () => {
  const extension = new MetadataExtension(new Clock());
  for (const size of [0, -1, limits.metadataLength + 1]) expect(extension.accept({ metadata_size: size })).toEqual([]);
  expect(extension.accept({ metadata_size: limits.metadataLength })).toEqual([
    { type: 'size', length: limits.metadataLength },
  ]);
});

test('a flood of requests is answered a bounded number of times, and keeps a bounded number of answers', () => {
  const extension = new MetadataExtension(new Clock(), info);
  let sent = 0;
  for (let round = 0; round < 1000; round++) {
    for (let i = 0; i < 100; i++) extension.receive(encodeMetadataMessage({ type: 'request', index: i % 2 }));
    const waiting = extension.flush();
    expect(waiting.length).toBeLessThanOrEqual(2 * limits.answersWaiting);
    sent += waiting.filter((payload) => payload.length > 100).length;
  }
  expect(sent).toBe(2 * limits.requestsPerPiece);
});

test('garbage ends in an error with a code, or in nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (garbage) => {
      try {
        new MetadataExtension(new Clock(), info).receive(garbage);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^(ext-metadata|bencode)\//);
      }
    }),
  );
});
