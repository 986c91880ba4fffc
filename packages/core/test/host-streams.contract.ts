/** TCP, as every host offers it. */
import { expect } from 'vitest';
import type { Address, Stream } from '../src/index.ts';
import { equalBytes } from '../src/index.ts';
import { connected, Ear, listening } from './ear.ts';
import { families, type HostPair, noise, passes, type Scenario } from './host-pair.ts';

export function streamTests(scenario: Scenario): void {
  listenTests(scenario);
  openTests(scenario);
  writeTests(scenario);
  flowTests(scenario);
  endTests(scenario);
}

function listenTests(scenario: Scenario): void {
  scenario('port 0 listens on a free port and ready() tells which', async (pair) => {
    let local: Address | undefined;
    const listener = pair.b.listen(
      { ip: pair.v4, port: 0 },
      {
        accept: () => new Ear(),
        ready: (at) => {
          local = at;
        },
      },
    );
    await pair.until(() => local !== undefined);
    expect(local?.ip).toBe(pair.v4);
    expect(local?.port).toBeGreaterThan(0);
    expect(listener.local).toEqual(local);
  });

  scenario('a taken port fails, and is free again after close', async (pair) => {
    const first = await listening(pair, pair.v4, () => new Ear());
    const heard: string[] = [];
    const listen = () =>
      pair.b.listen(
        { ip: pair.v4, port: first.port },
        {
          accept: () => new Ear(),
          ready: () => heard.push('ready'),
          failed: (error) => heard.push(error instanceof Error ? 'failed' : 'no error'),
        },
      );
    listen();
    await pair.until(() => heard.length === 1);
    expect(heard).toEqual(['failed']);
    first.close();
    await passes(pair, 10);
    listen();
    await pair.until(() => heard.length === 2);
    expect(heard).toEqual(['failed', 'ready']);
  });

  scenario('an address that is not ours cannot be listened on', async (pair) => {
    let failed: Error | undefined;
    pair.b.listen(
      { ip: '192.0.2.200', port: 0 },
      {
        accept: () => new Ear(),
        failed: (error) => {
          failed = error;
        },
      },
    );
    await pair.until(() => failed !== undefined);
    expect(failed).toBeInstanceOf(Error);
  });

  scenario('a closed listener accepts nobody, and leaves accepted streams alone', async (pair) => {
    const { client, server, port, stopListening } = await connected(pair);
    stopListening();
    await passes(pair, 10);
    const late = new Ear();
    pair.a.connect({ ip: pair.v4, port }, late);
    await pair.until(() => late.isClosed);
    expect(late.calls).toEqual(['closed']);
    client.stream.write([noise(10)]);
    await pair.until(() => server.length === 10);
  });
}

function openTests(scenario: Scenario): void {
  scenario('opened comes first on both sides and tells the remote address, in both families', async (pair) => {
    for (const ip of families(pair)) {
      const { client, server, port } = await connected(pair, { ip });
      expect(client.calls).toEqual(['opened']);
      expect(server.calls).toEqual(['opened']);
      expect(client.stream.remote).toEqual({ ip, port });
      expect(server.stream.remote.port).toBeGreaterThan(0);
      expect(server.stream.remote.ip.includes(':')).toBe(ip.includes(':'));
    }
  });

  scenario('a listener without an address hears both families, IPv4 under its own name', async (pair) => {
    const remotes: string[] = [];
    const { port } = await listening(pair, undefined, (stream) => {
      remotes.push(stream.remote.ip);
      return new Ear();
    });
    for (const ip of families(pair)) pair.a.connect({ ip, port }, new Ear());
    await pair.until(() => remotes.length === families(pair).length);
    expect(remotes.filter((ip) => ip.includes('.')).length).toBe(1);
    expect(remotes.some((ip) => ip.startsWith('::ffff:'))).toBe(false);
  });

  scenario('the stream that opens is the one that connect() returned', async (pair) => {
    const { port } = await listening(pair, pair.v4, () => new Ear());
    const ear = new Ear();
    const stream = pair.a.connect({ ip: pair.v4, port }, ear);
    await pair.until(() => ear.isOpen);
    expect(ear.stream).toBe(stream);
  });

  scenario('nobody listens: closed with an error, without opened', async (pair) => {
    const { port, close } = await listening(pair, pair.v4, () => new Ear());
    close();
    await passes(pair, 10);
    const ear = new Ear();
    pair.a.connect({ ip: pair.v4, port }, ear);
    expect(ear.calls).toEqual([]);
    await pair.until(() => ear.isClosed);
    expect(ear.calls).toEqual(['closed']);
    expect(ear.error).toBeInstanceOf(Error);
  });

  scenario('a connection closed before it opens calls nothing back', async (pair) => {
    const { port } = await listening(pair, pair.v4, () => new Ear());
    const ear = new Ear();
    pair.a.connect({ ip: pair.v4, port }, ear).close();
    await passes(pair, 50);
    expect(ear.calls).toEqual([]);
  });

  scenario('what is written before the stream opens is sent when it opens', async (pair) => {
    const server = new Ear();
    const { port } = await listening(pair, pair.v4, () => server);
    pair.a.connect({ ip: pair.v4, port }, new Ear()).write([noise(100)]);
    await pair.until(() => server.length === 100);
    expect(equalBytes(server.bytes, noise(100))).toBe(true);
  });
}

function writeTests(scenario: Scenario): void {
  scenario('chunks of one write arrive joined and in order, empty ones too', async (pair) => {
    const { client, server } = await connected(pair);
    const whole = noise(70_000);
    client.stream.write([
      whole.subarray(0, 1),
      new Uint8Array(0),
      whole.subarray(1, 20_000),
      whole.subarray(20_000, 20_001),
    ]);
    client.stream.write([]);
    client.stream.write([whole.subarray(20_001)]);
    await pair.until(() => server.length === whole.length);
    expect(equalBytes(server.bytes, whole)).toBe(true);
  });

  scenario('sent runs once for each write, in order, and the chunk may then be used again', async (pair) => {
    const { client, server } = await connected(pair);
    const chunk = new Uint8Array(50_000);
    const order: number[] = [];
    const next = (round: number) => {
      chunk.fill(round);
      client.stream.write([chunk], () => {
        order.push(round);
        chunk.fill(255);
        if (round < 4) next(round + 1);
      });
    };
    next(0);
    await pair.until(() => server.length === 250_000);
    await pair.until(() => order.length === 5);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(server.bytes.every((byte, at) => byte === Math.floor(at / 50_000))).toBe(true);
  });

  scenario('sent runs for an empty write too', async (pair) => {
    const { client } = await connected(pair);
    let sent = 0;
    client.stream.write([], () => sent++);
    client.stream.write([new Uint8Array(0)], () => sent++);
    await pair.until(() => sent === 2);
  });

  scenario('a mebibyte each way at once in random chunks arrives intact, in both families', async (pair) => {
    for (const ip of families(pair)) {
      const { client, server } = await connected(pair, { ip });
      const up = noise(1 << 20, 5);
      const down = noise(1 << 20, 9);
      sendInPieces(client.stream, up, 3);
      sendInPieces(server.stream, down, 8);
      await pair.until(() => server.length >= up.length && client.length >= down.length);
      expect(equalBytes(server.bytes, up)).toBe(true);
      expect(equalBytes(client.bytes, down)).toBe(true);
    }
  });

  scenario('writing to a closed stream does nothing', async (pair) => {
    const { client, server } = await connected(pair);
    let sent = 0;
    client.stream.close();
    client.stream.write([noise(10)], () => sent++);
    client.stream.end();
    client.stream.pause();
    client.stream.resume();
    client.stream.close();
    await pair.until(() => server.isClosed);
    await passes(pair, 20);
    expect(sent).toBe(0);
    expect(server.length).toBe(0);
  });
}

/** Many writes of odd sizes, several chunks each, without a look at back-pressure. */
function sendInPieces(stream: Stream, bytes: Uint8Array, seed: number): void {
  const sizes = noise(4096, seed);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const chunks: Uint8Array[] = [];
    for (let n = 0; n <= sizes[i % 4096]! % 3; n++) {
      const size = 1 + sizes[(i + n + 7) % 4096]! * sizes[(i + n + 13) % 4096]!;
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    stream.write(chunks);
  }
}

const FLOOD = 48 << 20;
const FLOOD_CHUNK = noise(1 << 18, 77);

/** Writes as much as the stream takes, up to FLOOD bytes, and goes on when it is writable. */
class Flood {
  written = 0;
  refused = 0;

  run(stream: Stream): void {
    while (this.written < FLOOD) {
      this.written += FLOOD_CHUNK.length;
      if (!stream.write([FLOOD_CHUNK])) {
        this.refused++;
        return;
      }
    }
  }
}

function flowTests(scenario: Scenario): void {
  scenario('write says false when the buffer is full, and writable() comes once there is room', async (pair) => {
    const flood = new Flood();
    const { client, server } = await connected(pair, { client: { writable: (stream) => flood.run(stream) } });
    flood.run(client.stream);
    expect(flood.refused).toBe(1);
    expect(client.calls).toEqual(['opened']);
    await pair.until(() => server.length === FLOOD);
    expect(client.calls).toContain('writable');
  });

  scenario('who pauses makes the other side wait, and loses nothing', async (pair) => {
    const flood = new Flood();
    const { client, server } = await connected(pair, { client: { writable: (stream) => flood.run(stream) } });
    server.stream.pause();
    flood.run(client.stream);
    let before = -1;
    while (flood.written > before) {
      before = flood.written;
      await passes(pair, 200);
    }
    expect(flood.written).toBeLessThan(FLOOD);
    const heard = server.length;
    await passes(pair, 50);
    expect(server.length).toBe(heard);
    server.stream.resume();
    await pair.until(() => server.length === FLOOD);
  });

  scenario('nothing is received after pause(), not even from the same burst', async (pair) => {
    let paused = false;
    let broken = 0;
    const { client, server } = await connected(pair, {
      server: {
        received: (stream) => {
          if (paused) broken++;
          paused = true;
          stream.pause();
        },
      },
    });
    client.stream.write([noise(600_000)]);
    let rounds = 0;
    while (server.length < 600_000 && rounds++ < 10_000) {
      await pair.until(() => paused);
      await passes(pair, 2);
      paused = false;
      server.stream.resume();
    }
    expect(broken).toBe(0);
    expect(equalBytes(server.bytes, noise(600_000))).toBe(true);
  });

  scenario('pause and resume inside the same call lose nothing', async (pair) => {
    const { client, server } = await connected(pair, {
      server: {
        received: (stream) => {
          stream.pause();
          stream.resume();
        },
      },
    });
    client.stream.write([noise(300_000)]);
    await pair.until(() => server.length === 300_000);
    expect(equalBytes(server.bytes, noise(300_000))).toBe(true);
  });
}

function endTests(scenario: Scenario): void {
  scenario('end sends what was written, then ended comes; the other direction stays open', async (pair) => {
    const { client, server } = await connected(pair, {
      client: { ended: (stream) => stream.end() },
      server: { ended: (stream) => stream.write([noise(200_000, 4)]) },
    });
    client.stream.write([noise(200_000, 2)]);
    client.stream.end();
    await pair.until(() => client.length === 200_000);
    expect(server.calls.filter((call) => call !== 'writable')).toEqual(['opened', 'receive', 'ended']);
    expect(equalBytes(server.bytes, noise(200_000, 2))).toBe(true);
    expect(equalBytes(client.bytes, noise(200_000, 4))).toBe(true);
    server.stream.end();
    await pair.until(() => client.isClosed && server.isClosed);
    expect(client.error).toBeUndefined();
    expect(server.error).toBeUndefined();
    expect(client.calls.slice(-2)).toEqual(['ended', 'closed']);
  });

  scenario('without an ended method the host ends the stream by itself', async (pair) => {
    const { client, server } = await connected(pair);
    server.stream.write([noise(1000)]);
    await pair.until(() => client.length === 1000);
    client.stream.end();
    await pair.until(() => client.isClosed && server.isClosed);
    expect(client.error).toBeUndefined();
    expect(server.error).toBeUndefined();
  });

  scenario('close calls nothing back here and closes the other side', async (pair) => {
    const { client, server } = await connected(pair);
    client.stream.close();
    await pair.until(() => server.isClosed);
    await passes(pair, 20);
    expect(client.calls).toEqual(['opened']);
  });

  scenario('close inside receive: nothing more is called, sent neither', async (pair) => {
    let sent = 0;
    const { client, server } = await connected(pair, {
      server: {
        received: (stream) => {
          stream.write([noise(10)], () => sent++);
          stream.close();
        },
      },
    });
    client.stream.write([noise(500_000)]);
    await pair.until(() => client.isClosed);
    await passes(pair, 20);
    expect(server.calls).toEqual(['opened', 'receive']);
    expect(sent).toBe(0);
  });

  scenario('who writes to one that is gone is told with closed', async (pair) => {
    const { client, server } = await connected(pair, { client: { ended: () => {} } });
    server.stream.close();
    const again = () => {
      if (client.isClosed) return;
      client.stream.write([noise(1000)]);
      pair.a.at(pair.a.now() + 10, again);
    };
    again();
    await pair.until(() => client.isClosed);
  });

  scenario('close inside opened is allowed on both sides', async (pair) => {
    await closesInOpened(pair);
  });
}

async function closesInOpened(pair: HostPair): Promise<void> {
  const server = new Ear({ opened: (stream) => stream.close() });
  const { port } = await listening(pair, pair.v4, () => server);
  const client = new Ear({ opened: (stream) => stream.close() });
  pair.a.connect({ ip: pair.v4, port }, client);
  const other = new Ear();
  pair.a.connect({ ip: pair.v4, port }, other);
  await pair.until(() => client.calls.includes('opened') && other.isClosed);
  await passes(pair, 20);
  expect(client.calls).toEqual(['opened']);
}
