/**
 * Our nodes and libtorrent's in one network on loopback, on real sockets (BEP 5, 32, 44, 51), as a suite for either address
 * family. It runs where libtorrent is installed.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../bencode/src/index.ts';
import { formatAddress, Id20, parseAddress, toHex, utf8 } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { type OpenDht, openDht, publicKeyOf } from '../src/index.ts';
import { LIBTORRENT, OtherNode, until } from './other-node.ts';

export function libtorrentSuite(family: 4 | 6): void {
  const installed = spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0;
  const here = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
  const real = test.skipIf(!installed || (family === 6 && !here));
  const host = nodeHost();
  const ip = family === 4 ? '127.0.0.1' : '::1';
  let ours: OpenDht[] = [];
  let theirs: OtherNode[] = [];
  const theirIp = (i: number) => (family === 4 ? `127.0.0.${i + 2}` : '[::1]');
  beforeAll(async () => {
    if (!installed || (family === 6 && !here)) return;
    const first = await openDht(host, { ip, bootstrap: [] });
    const way = formatAddress(first.local);
    const second = await openDht(host, { ip, bootstrap: [way] });
    ours = [first, second];
    const ports = [first.local.port + 1, first.local.port + 2].map((port) => (port > 65_535 ? port - 20_000 : port));
    theirs = ports.map((port, i) => new OtherNode(LIBTORRENT, `${theirIp(i)}:${port}`, way));
    for (const node of theirs) await node.answer();
    for (const node of theirs) await until(async () => Number((await node.do({ do: 'nodes' }))['nodes']) >= 2);
    await until(async () => ours.every(({ core }) => core.occupancy(family).reduce((a, b) => a + b, 0) >= 3));
  }, 30_000);

  afterAll(async () => {
    for (const node of theirs) node.kill();
    for (const node of ours) await node.close();
    await host.close();
  });

  real(`libtorrent over IPv${family}: its nodes are in our table and ours in its`, async () => {
    expect(ours.map(({ core }) => core.occupancy(family)[0])).toEqual([3, 3]);
    for (const node of theirs) expect(Number((await node.do({ do: 'nodes' }))['nodes'])).toBeGreaterThanOrEqual(2);
  });

  real(`libtorrent over IPv${family}: finds what we announced (BEP 5)`, async () => {
    const infoHash = Id20.from('11'.repeat(20));
    expect((await ours[1]!.announce(infoHash, 4242)).stored).toBe(3);
    expect((await theirs[0]!.do({ do: 'peers', hash: infoHash.hex }))['peers']).toContain(`${ip}:4242`);
  });

  real(`libtorrent over IPv${family}: we find what it announced (BEP 5)`, async () => {
    const infoHash = Id20.from('22'.repeat(20));
    const { port: announced } = await theirs[1]!.do({ do: 'announce', hash: infoHash.hex });
    const found: string[] = [];
    await until(async () => {
      for await (const peer of ours[0]!.peers(infoHash)) found.push(formatAddress(peer));
      return found.length > 0;
    });
    expect(found).toContain(`${theirIp(1)}:${announced}`);
  });

  real(
    `libtorrent over IPv${family}: gets the immutable item that we put, and we the one that it put (BEP 44)`,
    async () => {
      const { target, stored } = await ours[0]!.put('from Ferro');
      expect(stored).toBe(3);
      expect(await theirs[0]!.do({ do: 'get', target: target.hex })).toEqual({ value: 'from Ferro' });
      const theirTarget = (await theirs[1]!.do({ do: 'put', value: 'from libtorrent' }))['target'] as string;
      const item = await ours[1]!.get(Id20.from(theirTarget));
      expect(item && decode(item.value)).toEqual(utf8('from libtorrent'));
    },
  );

  real(`libtorrent over IPv${family}: gets the mutable item that we put, and replaces it (BEP 44)`, async () => {
    const seed = utf8('a secret of thirty-two bytes....');
    const publicKey = publicKeyOf(seed);
    const salt = utf8('salt');
    expect(await ours[0]!.put('one', { secretKey: seed, salt })).toMatchObject({ stored: 3 });
    const order = { public: toHex(publicKey), salt: 'salt' };
    expect(await theirs[0]!.do({ do: 'get-mutable', ...order })).toMatchObject({ seq: 1, value: 'one' });
    // libtorrent wants the expanded key: the clamped hash of the seed.
    const expanded = createHash('sha512').update(seed).digest();
    expanded[0]! &= 248;
    expanded[31] = (expanded[31]! & 63) | 64;
    const put = { do: 'put-mutable', value: 'two', secret: expanded.toString('hex'), ...order };
    expect(Number((await theirs[1]!.do(put))['stored'])).toBeGreaterThan(0);
    const item = await ours[1]!.get({ publicKey, salt });
    expect(item).toMatchObject({ type: 'mutable', seq: 2n, value: utf8('3:two') });
  });

  real(`libtorrent over IPv${family}: shows what it keeps (BEP 51)`, async () => {
    const samples: string[] = [];
    const node = parseAddress(`${theirIp(0)}:${ours[0]!.local.port + 1}`)!;
    for await (const infoHash of ours[0]!.sample(node)) samples.push(infoHash.hex);
    expect(samples).toContain('11'.repeat(20));
  });
}
