/** Against libtorrent's uTP on loopback (BEP 29 as deployed): handshake, BitTorrent handshakes both ways, a clean end. */
import { spawn, spawnSync } from 'node:child_process';
import { type Address, concatBytes, driveDatagrams, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { type NodeHost, nodeHost } from '../../node/src/index.ts';
import { limits, openUtp, UtpEndpoint } from '../src/index.ts';

const PYTHON = '/usr/bin/python3';
const installed = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;

/** Listens with nothing but uTP, has one torrent of which it has nothing, says its port, and stays until its input ends. */
const PROGRAM = `
import libtorrent as lt, sys, tempfile
s = lt.session({'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
  'in_enc_policy': 2, 'out_enc_policy': 2, 'enable_incoming_tcp': False, 'enable_outgoing_tcp': False, 'alert_mask': 0})
p = lt.parse_magnet_uri('magnet:?xt=urn:btih:' + '5a' * 20)
p.save_path = tempfile.gettempdir()
p.flags = p.flags & ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
s.add_torrent(p)
print(s.listen_port(), flush=True)
sys.stdin.read()
`;

const infoHash = new Uint8Array(20).fill(0x5a);
const handshake = concatBytes([
  Uint8Array.of(19),
  utf8('BitTorrent protocol'),
  new Uint8Array(8),
  infoHash,
  utf8('-FE0001-utp-handshak'),
]);

async function withLibtorrent(run: (host: NodeHost, address: Address) => Promise<void>): Promise<void> {
  const peer = spawn(PYTHON, ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'] });
  const host = nodeHost();
  try {
    const port = await new Promise<number>((resolve) => peer.stdout.once('data', (text) => resolve(Number(text))));
    await run(host, { ip: '127.0.0.1', port });
  } finally {
    peer.stdin.end();
    await new Promise((resolve) => peer.once('exit', resolve));
    await host.close();
  }
}

test.skipIf(!installed)(
  'libtorrent (skipped where it is not installed) answers our handshake, and ends when we do',
  () =>
    withLibtorrent(async (host, address) => {
      await using utp = await openUtp(host, 0, { ip: '127.0.0.1' });
      const channel = await utp.connect(address);
      const writer = channel.writable.getWriter();
      await writer.write(handshake);
      const reader = channel.readable.getReader();
      let got: Uint8Array = new Uint8Array(0);
      while (got.length < 68) {
        const { value, done } = await reader.read();
        if (done) break;
        got = concatBytes([got, value]);
      }
      expect(got.subarray(0, 20)).toEqual(handshake.subarray(0, 20));
      expect(got.subarray(28, 48)).toEqual(infoHash);
      await writer.close();
      let ended = false;
      while (!ended) ended = (await reader.read()).done;
      expect(ended).toBe(true);
    }),
);

test.skipIf(!installed)(
  'libtorrent (skipped where it is not installed) takes padded probes of the MTU for the packets that they are',
  () =>
    withLibtorrent(async (host, address) => {
      const endpoint = new UtpEndpoint(host);
      // Any number of zeros is keep-alives, to a BitTorrent client.
      const keepAlives = new Uint8Array(200_000);
      const reached = Promise.withResolvers<number>();
      const run = driveDatagrams(host, { ip: '127.0.0.1', port: 0 }, endpoint, (events) => {
        for (const event of events) {
          if (event.type === 'connected') event.connection.write([handshake, keepAlives]);
          if (event.type === 'writable') reached.resolve(event.connection.packetLength);
          if (event.type === 'closed') reached.reject(new Error(event.reason));
        }
      });
      endpoint.connect(address);
      run.flush();
      expect(await reached.promise).toBe(limits.mtu - 28);
      run.close();
    }),
);
