/** uTP connections as core's streams, over the simulated path: the same calls as TCP's (BEP 29 is nowhere to be seen). */
import type { Stream, StreamHandler } from '@ferro/core';
import { expect, test } from 'vitest';
import { UtpStreams } from '../src/index.ts';
import { advance } from '../src/sequence.ts';
import { endpointOf, pair, type UtpNode } from './flow.ts';
import { PEER, RawPeer } from './raw-peer.ts';

function streamsOf(node: UtpNode, accept?: (stream: Stream) => StreamHandler): UtpStreams {
  const streams = new UtpStreams(endpointOf(node), () => node.flush(), accept);
  node.on = (event) => streams.handle([event]);
  return streams;
}

/** Notes what it is told. */
class Ear implements StreamHandler {
  readonly heard: string[] = [];
  readonly bytes: number[] = [];
  calls = 0;
  stream: Stream | undefined;

  opened(stream: Stream): void {
    this.stream = stream;
    this.heard.push('opened');
  }

  receive(bytes: Uint8Array): void {
    this.calls++;
    for (const byte of bytes) this.bytes.push(byte);
  }

  writable(): void {
    this.heard.push('writable');
  }

  closed(error?: Error): void {
    this.heard.push(error === undefined ? 'closed' : error.message);
  }
}

function joined() {
  const { network, a, b, there } = pair({ latency: 10, rate: 1000 });
  const [client, server] = [new Ear(), new Ear()];
  streamsOf(b, () => server);
  streamsOf(a).connect(b.address, client);
  network.run(100);
  return { network, client, server, a, b, there };
}

test('data that came together is one call of the reader, before the end that follows it and in the order of the packets', () => {
  const peer = new RawPeer();
  const server = new Ear();
  const streams = new UtpStreams(
    peer.endpoint,
    () => {},
    () => server,
  );
  const [answer] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  const ids = { connectionId: 6, acknowledged: advance(answer!.sequence, -1) };
  for (const sequence of [2, 4, 3, 5]) {
    streams.gather(peer.deliver({ type: 'data', ...ids, sequence, payload: Uint8Array.of(sequence, sequence) }));
  }
  expect([server.calls, server.bytes]).toEqual([0, []]);
  streams.deliver();
  streams.deliver();
  expect([server.calls, server.bytes]).toEqual([1, [2, 2, 3, 3, 4, 4, 5, 5]]);
  streams.gather(peer.deliver({ type: 'data', ...ids, sequence: 6, payload: Uint8Array.of(6) }));
  streams.gather(peer.deliver({ type: 'fin', ...ids, sequence: 7 }));
  expect([server.calls, server.bytes.at(-1), server.heard]).toEqual([2, 6, ['opened']]);
});

test('a stream that was closed hears nothing of what had been gathered for it', () => {
  const peer = new RawPeer();
  const streams = new UtpStreams(peer.endpoint, () => {});
  const ear = new Ear();
  const stream = streams.connect(PEER, ear);
  const [syn] = peer.take();
  const there = { connectionId: syn!.connectionId, acknowledged: syn!.sequence };
  streams.handle(peer.deliver({ type: 'state', ...there, sequence: 70 }));
  streams.gather(peer.deliver({ type: 'data', ...there, sequence: 70, payload: Uint8Array.of(1) }));
  stream.close();
  streams.deliver();
  expect([ear.calls, ear.heard]).toEqual([0, ['opened']]);
});

test('opened on both sides, bytes both ways, and the end of one is that of both, unless it wants to go on', () => {
  const { network, client, server, a, b } = joined();
  client.stream!.write([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  server.stream!.write([Uint8Array.of(4)]);
  network.run(200);
  client.stream!.end();
  network.run(1000);
  expect([client.bytes, server.bytes]).toEqual([[4], [1, 2, 3]]);
  expect([client.heard, server.heard]).toEqual([
    ['opened', 'closed'],
    ['opened', 'closed'],
  ]);
  network.run(60_000);
  expect([endpointOf(a).connections, endpointOf(b).connections]).toEqual([0, 0]);
});

test('`sent` runs once the bytes are in packets, in order, and `writable` after a write that was refused', () => {
  const { network, client, server } = joined();
  const sent: number[] = [];
  const room = Array.from({ length: 5 }, (_, i) => client.stream!.write([new Uint8Array(300_000)], () => sent.push(i)));
  expect(room).toEqual([true, true, true, false, false]);
  expect(sent).toEqual([]);
  network.run(10_000);
  expect(sent).toEqual([0, 1, 2, 3, 4]);
  expect([client.heard, server.bytes.length]).toEqual([['opened', 'writable'], 1_500_000]);
});

test('pause() stops receive() from the next call on, and the peer; resume() brings the rest', () => {
  const { network, client, server } = joined();
  client.stream!.write([new Uint8Array(3_000_000)]);
  network.run(500);
  server.stream!.pause();
  const before = server.bytes.length;
  network.run(20_000);
  expect(server.bytes.length).toBe(before);
  server.stream!.resume();
  network.run(40_000);
  expect(server.bytes.length).toBe(3_000_000);
});

test('close() lets go at once: no call follows here, an error comes there', () => {
  const { network, client, server } = joined();
  client.stream!.write([new Uint8Array(10_000)], () => client.heard.push('sent'));
  client.stream!.close();
  expect(client.stream!.write([Uint8Array.of(1)])).toBe(false);
  network.run(1000);
  expect([client.heard, server.heard]).toEqual([['opened'], ['opened', 'uTP: reset']]);
});

test('who connects where nobody accepts is turned away', () => {
  const { network, a, b } = pair({ latency: 10 });
  const ear = new Ear();
  streamsOf(b);
  streamsOf(a).connect(b.address, ear);
  network.run(1000);
  expect(ear.heard).toEqual(['opened', 'uTP: reset']);
});

test('an unreachable peer is a timeout', () => {
  const { network, a, b, there } = pair({ latency: 10 });
  there.options = { ...there.options, loss: 1 };
  const ear = new Ear();
  streamsOf(b);
  streamsOf(a).connect(b.address, ear);
  network.run(20_000);
  expect(ear.heard).toEqual(['uTP: timeout']);
});
