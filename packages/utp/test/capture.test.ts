/** What we send, as somebody else reads it: a capture that tshark takes for BT-uTP (BEP 29) without a malformed packet. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, concatBytes, parseIp, writeU16 } from '@ferro/core';
import { expect, test } from 'vitest';
import type { UtpConnection } from '../src/index.ts';
import { endpointOf, pair } from './flow.ts';

const installed = spawnSync('tshark', ['--version']).status === 0;

/** A capture file of raw IPv4 packets (link type 101). */
function pcap(
  record: readonly { readonly at: number; readonly from: Address; readonly to: Address; readonly bytes: Uint8Array }[],
) {
  const head = Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 101, 0, 0, 0);
  const packets = record.map(({ at, from, to, bytes }) => {
    const length = 28 + bytes.length;
    const packet = new Uint8Array(16 + length);
    const view = new DataView(packet.buffer);
    view.setUint32(0, Math.floor(at / 1000), true);
    view.setUint32(4, Math.floor((at % 1000) * 1000), true);
    view.setUint32(8, length, true);
    view.setUint32(12, length, true);
    const ip = packet.subarray(16);
    ip.set([0x45, 0, length >> 8, length & 255, 0, 0, 0x40, 0, 64, 17]);
    ip.set(parseIp(from.ip)!, 12);
    ip.set(parseIp(to.ip)!, 16);
    writeU16(ip, 20, from.port);
    writeU16(ip, 22, to.port);
    writeU16(ip, 24, length - 20);
    ip.set(bytes, 28);
    return packet;
  });
  return concatBytes([head, ...packets]);
}

/** Handshake, data both ways with loss (so with selective acks), MTU probes, a clean end, and a RESET for a stranger. */
function conversation() {
  const { network, a, b, there } = pair({ latency: 10, rate: 1000, queue: 50_000, loss: 0.02 }, 8);
  a.recording = true;
  b.recording = true;
  const write = (connection: UtpConnection) => {
    connection.write([new Uint8Array(200_000)]);
    connection.end();
  };
  for (const node of [a, b]) {
    node.on = (event) => {
      if (event.type === 'connected' || event.type === 'accepted') write(event.connection);
    };
  }
  endpointOf(a).connect(b.address);
  a.flush();
  network.run(60_000);
  there.options = { ...there.options, loss: 0 };
  const lost = endpointOf(a).connect(b.address);
  a.flush();
  network.run(network.now + 100);
  lost.reset();
  a.flush();
  network.run(network.now + 100);
  return [...a.record, ...b.record].sort((one, other) => one.at - other.at);
}

test.skipIf(!installed)(
  'tshark (skipped where it is not installed) dissects every packet as BT-uTP, none malformed',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferro-utp-'));
    try {
      const record = conversation();
      const file = join(folder, 'utp.pcap');
      writeFileSync(file, pcap(record));
      const show = [
        '-T',
        'fields',
        '-e',
        'frame.protocols',
        '-e',
        '_ws.malformed',
        '-e',
        'bt-utp.type',
        '-e',
        'bt-utp.extension',
      ];
      const decode = ['-d', 'udp.port==1001,bt-utp', '-d', 'udp.port==1002,bt-utp'];
      const lines = execFileSync('tshark', ['-r', file, ...decode, ...show], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const rows = lines
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      expect(rows.length).toBe(record.length);
      expect(rows.filter(([protocols]) => !protocols!.includes('bt-utp'))).toEqual([]);
      expect(rows.filter(([, malformed]) => malformed !== '')).toEqual([]);
      expect(new Set(rows.map(([, , type]) => Number(type)))).toEqual(new Set([0, 1, 2, 3, 4]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
