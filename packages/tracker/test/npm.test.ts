/** npm's bittorrent-tracker: its client against our server, and our client against its server (BEP 3, trackers; BEP 15). */
import { registerHooks } from 'node:module';
import { expect, test } from 'vitest';
import { Id20 } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { announceHttp } from '../../tracker-http/src/index.ts';
import { openUdpTracker } from '../../tracker-udp/src/index.ts';
import { openTracker } from '../src/index.ts';

// It loads WebRTC, and with that a native module, which nothing here needs.
const hooks = registerHooks({
  resolve: (name, context, next) =>
    name === 'webrtc-polyfill'
      ? {
          url: 'data:text/javascript,export class RTCPeerConnection {} export class RTCSessionDescription {} export class RTCIceCandidate {}',
          format: 'module',
          shortCircuit: true,
        }
      : next(name, context),
});
const { default: Client } = await import('bittorrent-tracker/client');
const { default: Server } = await import('bittorrent-tracker/server');
hooks.deregister();

const at = { ip: '127.0.0.1', port: 0 };
const infoHash = '0123456789abcdef0123456789abcdef01234567';
const request = {
  infoHash: Id20.from(infoHash),
  peerId: Id20.from('ab'.repeat(20)),
  port: 7000,
  uploaded: 0,
  downloaded: 0,
  left: 0,
};

test('its client finds our peer over HTTP and UDP, and scrapes', async () => {
  await using host = nodeHost();
  await using tracker = await openTracker(host, { http: at, udp: at });
  for (const url of [`http://127.0.0.1:${tracker.http!.port}/announce`, `udp://127.0.0.1:${tracker.udp!.port}`]) {
    await announceHttp(host, `http://127.0.0.1:${tracker.http!.port}/announce`, request);
    const client = new Client({ infoHash, peerId: 'cd'.repeat(20), announce: [url], port: 7001 });
    const problems: unknown[] = [];
    client.on('error', (error: unknown) => problems.push(error));
    client.on('warning', (error: unknown) => problems.push(error));
    const peer = new Promise((resolve) => client.once('peer', resolve));
    const update = new Promise((resolve) => client.once('update', resolve));
    client.start();
    expect(await update).toMatchObject({ complete: 1, incomplete: 1 });
    expect(await peer).toBe('127.0.0.1:7000');
    const scrape = new Promise((resolve) => client.once('scrape', resolve));
    client.scrape();
    expect(await scrape).toMatchObject({ complete: 1, incomplete: 1 });
    const stopped = new Promise((resolve) => client.once('update', resolve));
    client.stop();
    expect(await stopped).toMatchObject({ complete: 1, incomplete: 0 });
    await new Promise((resolve) => client.destroy(resolve));
    expect(problems).toEqual([]);
  }
});

test('our client finds a peer at its server over HTTP and UDP', async () => {
  const server = new Server({ http: true, udp: true, ws: false, stats: false });
  await new Promise<void>((resolve) => server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, resolve));
  await using host = nodeHost();
  try {
    const url = `http://127.0.0.1:${server.http.address().port}/announce`;
    expect(await announceHttp(host, url, { ...request, event: 'started' })).toMatchObject({ complete: 1 });
    await using udp = await openUdpTracker(host, { ip: '127.0.0.1' });
    const peerId = Id20.from('ef'.repeat(20));
    const other = { ...request, peerId, port: 7001, left: 5, event: 'started' as const };
    const answer = await udp.announce(`udp://127.0.0.1:${server.udp4.address().port}`, other);
    expect(answer).toMatchObject({ seeders: 1, leechers: 1 });
    expect(answer.peers).toContainEqual({ ip: '127.0.0.1', port: 7000 });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
