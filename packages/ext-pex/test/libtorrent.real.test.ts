/** Peer exchange and hole punching with libtorrent over loopback (BEP 11, 55): it tells and is told, introduces and is introduced. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Address, driveStream, formatAddress, type Host, Id20 } from '@ferro/core';
import { PeerConnection } from '@ferro/wire';
import { test } from 'vitest';
import { nodeHost } from '../../node/src/index.ts';
import { contactOf, OwnAddresses, PexExtension, PexRoster } from '../src/index.ts';
import { INFO_HASH, SwarmNode } from './swarm-node.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url));
const INSTALLED = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;

/** A libtorrent, and whom it has met by peer exchange. It lives as long as it is listened to. */
class Libtorrent implements AsyncDisposable {
  readonly address: Promise<Address>;
  readonly met: string[] = [];
  readonly #child;
  readonly #gone: Promise<unknown>;

  constructor(transport: 'tcp' | 'utp', knows?: Address) {
    const port = knows === undefined ? [] : [String(knows.port)];
    const child = spawn(PYTHON, [SCRIPT, transport, INFO_HASH.hex, ...port], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#gone = new Promise((resolve) => child.on('close', resolve));
    const { promise, resolve } = Promise.withResolvers<Address>();
    this.address = promise;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word, value] = line.split(' ');
      if (word === 'PORT') resolve({ ip: '127.0.0.1', port: Number(value) });
      else this.met.push(value!);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#gone;
  }
}

/** Connects as a client would; `heard` collects whom this peer tells of. */
function connect(host: Host, roster: PexRoster, remote: Address, heard: Set<string>): void {
  const pex = new PexExtension(host, roster, new OwnAddresses(), remote.ip);
  const connection = new PeerConnection<PexExtension>(host, {
    infoHash: INFO_HASH,
    peerId: Id20.from(new Uint8Array(20).fill(remote.port)),
    extensions: [pex],
  });
  const driven = driveStream(host, connection, (events) => {
    for (const event of events) {
      if (event.type === 'handshake') pex.join(contactOf({ remote, transport: 'tcp', incoming: false })!);
      else if (event.type === 'extension' && event.event.type === 'peers') {
        for (const { address } of event.event.added) heard.add(formatAddress(address));
      }
    }
  });
  host.connect(remote, driven);
}

test.runIf(INSTALLED)(
  'BEP 11: libtorrent and we tell each other of peers, who then meet (if it is installed)',
  { concurrent: true },
  async ({ expect }) => {
    await using host = nodeHost();
    await using friend = new Libtorrent('tcp');
    await using first = new Libtorrent('tcp', await friend.address);
    await using second = new Libtorrent('tcp');
    const [friendAt, firstAt, secondAt] = await Promise.all([friend.address, first.address, second.address]);
    const heard = new Set<string>();
    // Only the second is told of the first: two libtorrents that call each other at once both hang up on the other's call.
    const toldToSecond = new PexRoster();
    toldToSecond.add(contactOf({ remote: firstAt, transport: 'tcp', incoming: false })!);
    connect(host, new PexRoster(), firstAt, heard);
    connect(host, toldToSecond, secondAt, heard);
    await expect
      .poll(() => [heard.has(formatAddress(friendAt)), second.met.includes(formatAddress(firstAt))], {
        timeout: 25_000,
      })
      .toEqual([true, true]);
  },
);

test.runIf(INSTALLED)(
  'BEP 55: libtorrent introduces us to a peer of its own, which connects (if it is installed)',
  { concurrent: true },
  async ({ expect }) => {
    await using host = nodeHost();
    await using target = new Libtorrent('utp');
    const targetAt = await target.address;
    await using relay = new Libtorrent('utp', targetAt);
    const relayAt = await relay.address;
    const at = { ip: '127.0.0.1', port: 0 };
    const node = new SwarmNode(host, { transport: 'utp', connects: 0, name: 'us', at, lazy: true });
    node.connect(relayAt);
    await expect.poll(() => ask(node, targetAt), { timeout: 10_000, interval: 500 }).toBe('introduced');
    await expect
      .poll(() => [...node.neighbours].map(({ remote, incoming }) => [remote.port, incoming]), { timeout: 10_000 })
      .toEqual([
        [relayAt.port, false],
        [targetAt.port, true],
      ]);
  },
);

test.runIf(INSTALLED)(
  'BEP 55: we introduce libtorrent to a peer of ours, and it connects (if it is installed)',
  { concurrent: true },
  async ({ expect }) => {
    await using host = nodeHost();
    await using target = new Libtorrent('utp');
    const targetAt = await target.address;
    const [relay, peer] = ['relay', 'peer'].map((name) => {
      const at = { ip: '127.0.0.1', port: 0 };
      return new SwarmNode(host, { transport: 'utp', connects: 0, name, at, lazy: true });
    }) as [SwarmNode, SwarmNode];
    await expect.poll(() => relay.port !== 0 && peer.port !== 0).toBe(true);
    relay.connect(targetAt);
    peer.connect({ ip: '127.0.0.1', port: relay.port });
    await expect.poll(() => ask(peer, targetAt), { timeout: 10_000, interval: 500 }).toBe('introduced');
    await expect
      .poll(() => [...peer.neighbours].map(({ remote, incoming }) => [remote.port, incoming]), { timeout: 10_000 })
      .toEqual([
        [relay.port, false],
        [targetAt.port, true],
      ]);
  },
);

/** Asks its first neighbour to introduce it, again when the target was not there yet. */
function ask(node: SwarmNode, target: Address): string {
  if (node.log.at(-1) === `introduced to ${formatAddress(target)}`) return 'introduced';
  const [neighbour] = node.neighbours;
  if (neighbour?.holepunch.rendezvous(target) === true) neighbour.driven.flush();
  return node.log.at(-1) ?? 'nothing yet';
}
