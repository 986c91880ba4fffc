/** openLsd() and libtorrent on the loopback network (BEP 14): each hears the other. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { nodeHost } from '../../node/src/index.ts';
import { openLsd } from '../src/index.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('libtorrent-neighbour.py', import.meta.url));
const INSTALLED = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;
const LOOPBACK = '127.0.0.1';

/** The port on which it listens, and how to end it: it lives as long as it is listened to. */
async function libtorrent(infoHash: Id20): Promise<{ readonly port: number } & AsyncDisposable> {
  const child = spawn(PYTHON, [SCRIPT, infoHash.hex], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.on('close', resolve));
  const end = async () => {
    child.stdin.end();
    await gone;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('PORT')) return { port: Number(line.slice(5)), [Symbol.asyncDispose]: end };
  }
  throw new Error('libtorrent has ended');
}

test.runIf(INSTALLED)('BEP 14: openLsd() finds libtorrent (if it is installed)', async () => {
  await using host = nodeHost();
  await using lsd = await openLsd(host, { port: 1001, ip: LOOPBACK });
  const infoHash = randomTorrent(host);
  lsd.add({ infoHash, isPrivate: false });
  await using neighbour = await libtorrent(infoHash);
  const { value } = await lsd[Symbol.asyncIterator]().next();
  expect(value).toEqual({ infoHash, address: { ip: LOOPBACK, port: neighbour.port } });
});

test.runIf(INSTALLED)('BEP 14: libtorrent finds openLsd(), and connects (if it is installed)', async () => {
  await using host = nodeHost();
  const infoHash = randomTorrent(host);
  const connected = Promise.withResolvers<Uint8Array>();
  const port = await new Promise<number>((resolve, reject) => {
    host.listen(
      { ip: LOOPBACK, port: 0 },
      {
        ready: (local) => resolve(local.port),
        failed: reject,
        accept: () => ({ receive: (bytes) => connected.resolve(bytes.slice()), closed: () => {} }),
      },
    );
  });
  await using _neighbour = await libtorrent(infoHash);
  await using lsd = await openLsd(host, { port, ip: LOOPBACK });
  lsd.add({ infoHash, isPrivate: false });
  const handshake = await connected.promise;
  expect(Id20.from(handshake.subarray(28, 48)).hex).toBe(infoHash.hex);
});

function randomTorrent(host: { random(bytes: Uint8Array): void }): Id20 {
  const bytes = new Uint8Array(20);
  host.random(bytes);
  return Id20.from(bytes);
}
