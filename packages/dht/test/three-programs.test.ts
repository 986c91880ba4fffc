/**
 * Our node, npm's bittorrent-dht and libtorrent's in one network on loopback, on real sockets: each finds what each of the others
 * has announced, and gets what they have put (BEP 5, BEP 44). Without libtorrent, the other two.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../bencode/src/index.ts';
import { formatAddress, Id20, utf8 } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { type OpenDht, openDht } from '../src/index.ts';
import { LIBTORRENT, NPM, OtherNode, until } from './other-node.ts';

const installed = spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0;
const withLibtorrent = test.skipIf(!installed);
const host = nodeHost();
const closing: (() => unknown)[] = [];
let ours: OpenDht;
let npm: OtherNode;
let libtorrent: OtherNode | undefined;

beforeAll(async () => {
  ours = await openDht(host, { ip: '127.0.0.1', bootstrap: [] });
  closing.push(() => ours.close());
  const way = formatAddress(ours.local);
  const port = ours.local.port > 60_000 ? ours.local.port - 20_000 : ours.local.port;
  const other = async (command: readonly string[], i: number): Promise<OtherNode> => {
    const node = new OtherNode(command, `127.0.0.${i + 1}:${port + i}`, way);
    closing.push(() => node.kill());
    await node.answer();
    return node;
  };
  npm = await other(NPM, 1);
  libtorrent = installed ? await other(LIBTORRENT, 2) : undefined;
  const count = installed ? 2 : 1;
  await until(async () => ours.core.occupancy(4).reduce((a, b) => a + b, 0) === count);
  if (libtorrent === undefined) return;
  await until(async () => Number((await libtorrent!.do({ do: 'nodes' }))['nodes']) === 2);
}, 30_000);

afterAll(async () => {
  for (const close of closing) await close();
  await host.close();
});

async function weFind(hash: string): Promise<string[]> {
  const found: string[] = [];
  await until(async () => {
    for await (const peer of ours.peers(Id20.from(hash))) found.push(formatAddress(peer));
    return found.length > 0;
  });
  return found;
}

const theyFind = async (node: OtherNode, hash: string) => (await node.do({ do: 'peers', hash }))['peers'];

test('BEP 5: bittorrent-dht finds what we announced, and we what it announced', async () => {
  await ours.announce(Id20.from('31'.repeat(20)), 4243);
  expect(await theyFind(npm, '31'.repeat(20))).toContain('127.0.0.1:4243');
  await npm.do({ do: 'announce', hash: '32'.repeat(20), port: 4244 });
  expect(await weFind('32'.repeat(20))).toContain('127.0.0.2:4244');
});

withLibtorrent('BEP 5: what libtorrent announced is found by bittorrent-dht, and the other way round', async () => {
  const { port } = await libtorrent!.do({ do: 'announce', hash: '33'.repeat(20) });
  expect(await weFind('33'.repeat(20))).toContain(`127.0.0.3:${port}`);
  expect(await theyFind(npm, '33'.repeat(20))).toContain(`127.0.0.3:${port}`);
  await npm.do({ do: 'announce', hash: '34'.repeat(20), port: 4245 });
  expect(await theyFind(libtorrent!, '34'.repeat(20))).toContain('127.0.0.2:4245');
});

test('BEP 44: bittorrent-dht gets what we put, and we what it put', async () => {
  const { target } = await ours.put('from Ferro');
  expect(await npm.do({ do: 'get', target: target.hex })).toEqual({ value: 'from Ferro' });
  const put = await npm.do({ do: 'put', value: 'from npm' });
  const item = await ours.get(Id20.from(put['target'] as string));
  expect(item && decode(item.value)).toEqual(utf8('from npm'));
});
