/** The facade on real sockets of this machine: web streams over uTP (BEP 29). */
import { expect, test } from 'vitest';
import { nodeHost } from '../../node/src/index.ts';
import { openUtp, type Utp, type UtpChannel } from '../src/index.ts';

const ip = '127.0.0.1';

async function twoEnds(run: (server: Utp, client: Utp) => Promise<void>): Promise<void> {
  const host = nodeHost();
  try {
    await using server = await openUtp(host, 0, { ip });
    await using client = await openUtp(host, 0, { ip });
    await run(server, client);
  } finally {
    await host.close();
  }
}

async function accepted(server: Utp): Promise<UtpChannel> {
  for await (const channel of server) return channel;
  throw new Error('nobody came');
}

async function textOf(readable: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of readable) text += new TextDecoder().decode(chunk);
  return text;
}

async function write(channel: UtpChannel, text: string): Promise<void> {
  const writer = channel.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

test('two ends write and end, each reads what the other wrote', () =>
  twoEnds(async (server, client) => {
    const incoming = accepted(server);
    const out = await client.connect(server.local);
    const back = await incoming;
    expect(back.remote.port).toBe(client.local.port);
    await Promise.all([write(out, 'question'), write(back, 'answer')]);
    expect(await Promise.all([textOf(back.readable), textOf(out.readable)])).toEqual(['question', 'answer']);
  }));

test('a megabyte or two arrive whole, though the reader is slow and chunks are reused by their writer', () =>
  twoEnds(async (server, client) => {
    const incoming = accepted(server);
    const out = await client.connect(server.local);
    const sending = (async () => {
      const writer = out.writable.getWriter();
      const chunk = new Uint8Array(50_000);
      for (let i = 0; i < 60; i++) await writer.write(chunk.fill(i));
      await writer.close();
    })();
    const counts = new Map<number, number>();
    const back = await incoming;
    for await (const chunk of back.readable) {
      for (const byte of chunk) counts.set(byte, (counts.get(byte) ?? 0) + 1);
      await new Promise(setImmediate);
    }
    await sending;
    await back.writable.close();
    expect([...counts]).toEqual(Array.from({ length: 60 }, (_, i) => [i, 50_000]));
  }));

test('aborting one side is an error for both halves of the other', () =>
  twoEnds(async (server, client) => {
    const incoming = accepted(server);
    const out = await client.connect(server.local);
    const back = await incoming;
    await out.writable.abort();
    await expect(textOf(back.readable)).rejects.toThrow('uTP: reset');
    await expect(write(back, 'too late')).rejects.toThrow('uTP: reset');
    await expect(textOf(out.readable)).rejects.toThrow('uTP: reset');
  }));

test('a port that is taken is a rejection; a closed endpoint accepts no more', () =>
  twoEnds(async (server) => {
    const host = nodeHost();
    await expect(openUtp(host, server.local.port, { ip })).rejects.toThrow();
    await host.close();
    const end = (async () => {
      for await (const _ of server) throw new Error('who is that?');
    })();
    await server.close();
    await end;
  }));

test('close() lets what was written arrive', () =>
  twoEnds(async (server, client) => {
    const incoming = accepted(server);
    const out = await client.connect(server.local);
    const reading = incoming.then(async (channel) => {
      const text = textOf(channel.readable);
      await channel.writable.close();
      return text;
    });
    const writer = out.writable.getWriter();
    await writer.write(new TextEncoder().encode('last words'));
    await client.close();
    expect(await reading).toBe('last words');
  }));
