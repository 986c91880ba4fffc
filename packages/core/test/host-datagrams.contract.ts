/** UDP, as every host offers it. */
import { expect } from 'vitest';
import { type Address, type DatagramSocket, equalBytes, type Host } from '../src/index.ts';
import { families, type HostPair, noise, passes, type Scenario } from './host-pair.ts';

/** A socket that keeps copies of what it receives. */
interface Box {
  readonly socket: DatagramSocket;
  readonly local: Address;
  readonly got: { readonly bytes: Uint8Array; readonly from: Address }[];
}

async function bound(pair: HostPair, host: Host, ip: string | undefined): Promise<Box> {
  const got: Box['got'] = [];
  let ready: Address | undefined;
  const socket = host.bind(
    { port: 0, ...(ip === undefined ? {} : { ip }) },
    {
      ready: (at) => {
        ready = at;
      },
      receive: (datagrams) => {
        for (const { bytes, address } of datagrams) got.push({ bytes: new Uint8Array(bytes), from: address });
      },
    },
  );
  await pair.until(() => ready !== undefined);
  return { socket, local: ready!, got };
}

/** Sends until one has arrived: a network may lose a datagram, a test may not depend on one. */
async function reaches(pair: HostPair, from: Box, to: Address, got: Box['got'], bytes: Uint8Array): Promise<void> {
  for (let round = 0; got.length === 0 && round < 50; round++) {
    from.socket.send([{ bytes, address: to }]);
    await passes(pair, 20);
  }
  expect(got.length).toBeGreaterThan(0);
}

export function datagramTests(scenario: Scenario): void {
  scenario('datagrams travel both ways with their sender, in both families', async (pair) => {
    for (const ip of families(pair)) {
      const a = await bound(pair, pair.a, undefined);
      const b = await bound(pair, pair.b, ip);
      expect(b.local.ip).toBe(ip);
      expect(b.socket.local).toEqual(b.local);
      await reaches(pair, a, b.local, b.got, noise(100));
      expect(equalBytes(b.got[0]!.bytes, noise(100))).toBe(true);
      const sender = b.got[0]!.from;
      expect(sender.port).toBe(a.local.port);
      expect(sender.ip.startsWith('::ffff:')).toBe(false);
      await reaches(pair, b, sender, a.got, noise(50, 3));
      expect(equalBytes(a.got[0]!.bytes, noise(50, 3))).toBe(true);
      expect(a.got[0]!.from).toEqual(b.local);
    }
  });

  scenario('a batch is sent whole, each datagram apart, and its bytes may be reused at once', async (pair) => {
    const a = await bound(pair, pair.a, undefined);
    const b = await bound(pair, pair.b, pair.v4);
    const buffer = new Uint8Array(1200);
    a.socket.send(
      Array.from({ length: 20 }, (_, i) => {
        const bytes = buffer.subarray(i * 60, (i + 1) * 60 - i);
        bytes.fill(i + 1);
        return { bytes, address: b.local };
      }),
    );
    buffer.fill(0);
    await pair.until(() => b.got.length === 20);
    const seen = b.got.map(({ bytes }) => ({ length: bytes.length, first: bytes[0], last: bytes.at(-1) }));
    seen.sort((x, y) => x.first! - y.first!);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => ({ length: 60 - i, first: i + 1, last: i + 1 })));
  });

  scenario('an empty datagram arrives as one', async (pair) => {
    const a = await bound(pair, pair.a, undefined);
    const b = await bound(pair, pair.b, pair.v4);
    await reaches(pair, a, b.local, b.got, new Uint8Array(0));
    expect(b.got[0]!.bytes.length).toBe(0);
  });

  scenario('a datagram to nobody, to another family, or too large is lost, and the socket lives on', async (pair) => {
    const gone = await bound(pair, pair.b, pair.v4);
    gone.socket.close();
    const a = await bound(pair, pair.a, undefined);
    const b = await bound(pair, pair.b, pair.v4);
    for (let round = 0; round < 3; round++) {
      a.socket.send([
        { bytes: noise(10), address: gone.local },
        { bytes: noise(10), address: { ip: '::1', port: b.local.port } },
        { bytes: noise(70_000), address: b.local },
        { bytes: noise(10), address: { ip: pair.v4, port: 0 } },
      ]);
      await passes(pair, 10);
    }
    await reaches(pair, a, b.local, b.got, noise(10));
    expect(b.got[0]!.bytes.length).toBe(10);
    expect(gone.got).toEqual([]);
  });

  scenario('what is sent before ready is sent or lost, but not an error', async (pair) => {
    const b = await bound(pair, pair.b, pair.v4);
    const early = pair.a.bind({ port: 0 }, { receive: () => {} });
    early.send([{ bytes: noise(10), address: b.local }]);
    await passes(pair, 20);
    early.send([{ bytes: noise(11), address: b.local }]);
    await pair.until(() => b.got.some(({ bytes }) => bytes.length === 11));
  });

  lifeTests(scenario);
}

function lifeTests(scenario: Scenario): void {
  scenario('a taken datagram port fails, and is free again after close', async (pair) => {
    const first = await bound(pair, pair.b, pair.v4);
    const heard: string[] = [];
    const bind = () =>
      pair.b.bind(
        { ip: pair.v4, port: first.local.port },
        { receive: () => {}, ready: () => heard.push('ready'), failed: () => heard.push('failed') },
      );
    bind();
    await pair.until(() => heard.length === 1);
    first.socket.close();
    await passes(pair, 10);
    bind();
    await pair.until(() => heard.length === 2);
    expect(heard).toEqual(['failed', 'ready']);
  });

  scenario('a closed socket hears nothing and sends nothing, also when closed inside receive', async (pair) => {
    const a = await bound(pair, pair.a, undefined);
    const b = await bound(pair, pair.b, pair.v4);
    let heard = 0;
    let local: Address | undefined;
    const once = pair.b.bind(
      { ip: pair.v4, port: 0 },
      {
        ready: (at) => {
          local = at;
        },
        receive: () => {
          heard++;
          once.close();
        },
      },
    );
    await pair.until(() => local !== undefined);
    for (let round = 0; heard === 0 && round < 50; round++) {
      for (let i = 0; i < 10; i++) a.socket.send([{ bytes: noise(10), address: local! }]);
      await passes(pair, 20);
    }
    a.socket.close();
    a.socket.close();
    a.socket.send([{ bytes: noise(10), address: b.local }]);
    await passes(pair, 20);
    expect(heard).toBe(1);
    expect(b.got).toEqual([]);
  });
}
