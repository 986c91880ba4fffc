import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MemoryBudget, Slots, type StorageOutcome } from '@ferro/core';
import { expect, test } from 'vitest';
import { DiskThread } from '../src/disk-thread.ts';
import { nodeHost } from '../src/index.ts';
import { until } from './until.ts';

test('a program with nothing open ends by itself, also after it used the disk', async () => {
  const host = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const core = fileURLToPath(new URL('../../core/src/index.ts', import.meta.url));
  const program = `
    import { nodeHost } from ${JSON.stringify(host)};
    import { MemoryBudget, Slots } from ${JSON.stringify(core)};
    const host = nodeHost();
    const layout = { root: '/nonexistent', pieceLength: 16, files: [{ path: ['a'], length: 16 }], sha1: new Uint8Array(20) };
    const storage = host.storage(layout, new Slots(16, new MemoryBudget(16)));
    host.at(host.now() + 1e9, () => {}).close();
    host.at(Infinity, () => {});
    host.resolve('127.0.0.1', () => {});
    storage.check(0, (outcome) => process.stdout.write(outcome.fault));
  `;
  const output = await new Promise<string>((resolve, reject) => {
    const flags = ['--conditions=@ferro/source', '--input-type=module-typescript', '-e', program];
    execFile(process.execPath, flags, { timeout: 20_000 }, (error, out) =>
      error === null ? resolve(out) : reject(error),
    );
  });
  expect(output).toBe('missing');
});

test('a closed host lets go of everything, without a further callback', async () => {
  const host = nodeHost();
  const heard: string[] = [];
  let port = 0;
  host.listen(
    { ip: '127.0.0.1', port: 0 },
    {
      ready: (local) => {
        port = local.port;
      },
      accept: () => ({ receive: () => {}, closed: () => heard.push('accepted closed') }),
    },
  );
  await until(() => port > 0);
  let opened = false;
  host.connect(
    { ip: '127.0.0.1', port },
    {
      opened: () => {
        opened = true;
      },
      receive: () => {},
      closed: () => heard.push('closed'),
    },
  );
  host.bind({ port: 0 }, { receive: () => heard.push('received'), failed: () => heard.push('failed') });
  await until(() => opened);
  host.http(
    { url: `http://127.0.0.1:${port}/`, permits: () => true },
    { head: () => {}, body: () => {}, end: () => heard.push('end') },
  );
  host.at(host.now() + 5, () => heard.push('timer'));
  await host.close();
  const other = nodeHost();
  let passed = false;
  other.at(other.now() + 50, () => {
    passed = true;
  });
  await until(() => passed);
  expect(heard).toEqual([]);
});

test('a closed host finishes the disk jobs that were asked, and refuses those that come later', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ferro-host-'));
  const host = nodeHost();
  const layout = { root, pieceLength: 16, files: [{ path: ['a'], length: 32 }], sha1: new Uint8Array(40) };
  const storage = host.storage(layout, new Slots(16, new MemoryBudget(16)));
  const heard: string[] = [];
  const note = (outcome: StorageOutcome) => heard.push(outcome.type === 'failed' ? outcome.fault : outcome.type);
  storage.check(0, note);
  storage.check(1, note);
  await host.close();
  expect(heard).toEqual(['missing', 'missing']);
  storage.check(0, note);
  await until(() => heard.length === 3);
  expect(heard[2]).toBe('io');
  rmSync(root, { recursive: true });
});

test('jobs of a worker that dies fail, and none is lost', async () => {
  const thread = new DiskThread(4, () => {});
  const heard: string[] = [];
  for (let job = 0; job < 3; job++) {
    thread.add({
      request: { type: 'stat', job, storage: 0 },
      bytes: 0,
      introduce: () => undefined,
      done: (result) => heard.push(result.type === 'failed' ? result.fault : result.type),
    });
  }
  await thread.end();
  await until(() => heard.length === 3);
  expect(heard).toEqual(['io', 'io', 'io']);
  expect(thread.alive).toBe(false);
});

test('an address that is none closes the stream with an error, and only after connect() returned', async () => {
  await using host = nodeHost();
  for (const to of [
    { ip: 'localhost', port: 1 },
    { ip: '127.0.0.1', port: 65_536 },
    { ip: '127.0.0.1', port: -1 },
  ]) {
    let error: Error | undefined;
    host.connect(to, { receive: () => {}, closed: (reason) => (error = reason) });
    expect(error).toBeUndefined();
    await until(() => error !== undefined);
    expect(error).toBeInstanceOf(RangeError);
  }
});

test('accepted sockets read into one buffer on this version of Node', async () => {
  await using host = nodeHost();
  const buffers = new Set<ArrayBufferLike>();
  let chunks = 0;
  let port = 0;
  const receive = (bytes: Uint8Array) => {
    buffers.add(bytes.buffer);
    chunks++;
  };
  host.listen(
    { ip: '127.0.0.1', port: 0 },
    {
      ready: (local) => {
        port = local.port;
      },
      accept: () => ({ receive, closed: () => {} }),
    },
  );
  await until(() => port > 0);
  for (let i = 0; i < 3; i++) {
    const stream = host.connect({ ip: '127.0.0.1', port }, { receive: () => {}, closed: () => {} });
    stream.write([Uint8Array.of(i)]);
  }
  await until(() => chunks === 3);
  expect(buffers.size).toBe(1);
});

test.each([[false], [true]])(
  'a stream may be written to, or closed, while it is accepted (into the shared buffer: %s)',
  async (bufferAccepted) => {
    await using host = nodeHost({ bufferAccepted });
    let port = 0;
    let accepted = 0;
    host.listen(
      { ip: '127.0.0.1', port: 0 },
      {
        ready: (local) => {
          port = local.port;
        },
        accept: (stream) => {
          if (accepted++ > 0) stream.close();
          else stream.write([Uint8Array.of(1, 2, 3)]);
          return { receive: () => {}, closed: () => {} };
        },
      },
    );
    await until(() => port > 0);
    const heard: string[] = [];
    const connect = () =>
      host.connect(
        { ip: '127.0.0.1', port },
        { receive: (bytes) => heard.push(bytes.join()), closed: () => heard.push('closed') },
      );
    connect();
    await until(() => heard.length === 1);
    connect();
    await until(() => heard.length === 2);
    expect(heard).toEqual(['1,2,3', 'closed']);
  },
);

test('a timer farther away than Node can count waits', async () => {
  await using host = nodeHost();
  let rung = '';
  const far = host.at(host.now() + 2 ** 33, () => (rung = 'far'));
  const near = { rung: false };
  host.at(host.now() + 20, () => {
    near.rung = true;
  });
  await until(() => near.rung);
  expect(rung).toBe('');
  far.close();
});
