/** Statistics as Prometheus reads them, over loopback. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@ferro/client';
import { formatAddress } from '@ferro/core';
import { createTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import { serveMetrics } from '../src/metrics.ts';

const LENGTH = 300_000;
const NAME = 'a "name"\nof \\ strangers';
const any = { ip: '127.0.0.1', port: 0 };

let folder: string;
let host: ReturnType<typeof nodeHost>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferro-metrics-'));
  host = nodeHost();
});

afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** A torrent whose own name is odd; the file on the disk has a plain one. */
async function makeTorrent(): Promise<Uint8Array> {
  writeFileSync(join(folder, 'data'), randomBytes(LENGTH));
  const files = [{ path: ['data'], length: LENGTH }];
  return createTorrent(host, { name: 'data', root: folder, single: true, files });
}

async function read(url: string): Promise<{ status: number; type: string | null; text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** Series by name and labels; each line has to be what the text format allows, and each metric in one place. */
function parse(text: string): Map<string, number> {
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  let current = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE (ferro_[a-z_]+) (counter|gauge)$/.exec(line);
    if (type !== null) {
      expect(types.has(type[1]!)).toBe(false);
      types.set(type[1]!, type[2]!);
      expect(type[1]!.endsWith('_total')).toBe(type[2] === 'counter');
      current = type[1]!;
    } else if (!line.startsWith('# HELP ferro_')) {
      const sample =
        /^(ferro_[a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)+)\})? (\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(line);
      expect(sample?.[1], line).toBe(current);
      const key = line.slice(0, line.lastIndexOf(' '));
      expect(series.has(key)).toBe(false);
      series.set(key, Number(sample![3]));
    }
  }
  return series;
}

test('torrents and peers of both sides of a download', async () => {
  const torrent = await makeTorrent();
  await using seeder = new Client(host, { listen: [any] });
  const seeding = seeder.add(torrent, { path: folder, resumeFile: false });
  await seeding.ready;
  await using leecher = new Client(host, { listen: [], downloadRate: 50_000 });
  const peers = [{ ip: '127.0.0.1', port: seeder.port }];
  const download = leecher.add(torrent, {
    path: join(folder, 'copy'),
    peers,
    resumeFile: false,
    downloadRate: 400_000,
  });
  using upServer = await serveMetrics(host, any, seeder);
  using downServer = await serveMetrics(host, any, leecher);
  await new Promise<void>((resolve) => {
    const stop = leecher.subscribe(() => {
      if (download.stats().done === 0) return;
      stop();
      resolve();
    });
  });
  const during = parse((await read(`http://${formatAddress(downServer.local)}/metrics`)).text);
  const torrentLabels = `{info_hash="${download.infoHash.hex}"}`;
  const peerLabels = `{info_hash="${download.infoHash.hex}",peer="127.0.0.1:${seeder.port}"}`;
  expect(during.get(`ferro_torrent_wanted_bytes${torrentLabels}`)).toBe(LENGTH);
  expect(during.get(`ferro_torrent_peers${torrentLabels}`)).toBe(1);
  expect(during.get(`ferro_peer_seed${peerLabels}`)).toBe(1);
  expect(during.get(`ferro_peer_choked${peerLabels}`)).toBe(0);
  expect(during.get(`ferro_torrent_state{info_hash="${download.infoHash.hex}",state="downloading"}`)).toBe(1);

  leecher.setRates({ download: Number.POSITIVE_INFINITY });
  await download.finished;
  const answer = await read(`http://${formatAddress(upServer.local)}/metrics`);
  expect([answer.status, answer.type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const after = parse(answer.text);
  expect(after.get(`ferro_torrent_uploaded_bytes_total${torrentLabels}`)).toBe(LENGTH);
  expect(after.get(`ferro_torrent_downloaded_bytes_total${torrentLabels}`)).toBe(0);
  expect(after.get(`ferro_torrent_verified_bytes${torrentLabels}`)).toBe(LENGTH);
  expect(after.get(`ferro_torrent_info{info_hash="${download.infoHash.hex}",name="data"}`)).toBe(1);
  expect(after.get('ferro_memory_bytes')).toBe(seeder.memoryUsed);
});

test('names of strangers stay within their label', async () => {
  await using client = new Client(host, { listen: [], trackers: false });
  const hash = 'ab'.repeat(20);
  client.add(`magnet:?xt=urn:btih:${hash}&dn=${encodeURIComponent(NAME)}`, { path: folder, resumeFile: false });
  using server = await serveMetrics(host, any, client);
  const { text } = await read(`http://${formatAddress(server.local)}/metrics`);
  expect(parse(text).get(`ferro_torrent_info{info_hash="${hash}",name="a \\"name\\"\\nof \\\\ strangers"}`)).toBe(1);
});

test('other paths are not found, and without an address only this machine may ask', async () => {
  await using client = new Client(host, { listen: [] });
  using server = await serveMetrics(host, { port: 0 }, client);
  expect(server.local.ip).toBe('127.0.0.1');
  expect((await read(`http://127.0.0.1:${server.local.port}/`)).status).toBe(404);
});

test('a port that is taken is said so', async () => {
  await using client = new Client(host, { listen: [any] });
  using server = await serveMetrics(host, any, client);
  await expect(serveMetrics(host, server.local, client)).rejects.toThrow('statistics:');
});

test('connections beyond the limit are let go, and all of them at the end', async () => {
  await using client = new Client(host, { listen: [] });
  const server = await serveMetrics(host, any, client);
  const dial = () => {
    const socket = connect(server.local.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => {}));
    return { socket, closed, open: new Promise((resolve) => socket.once('connect', resolve)) };
  };
  const held = Array.from({ length: limits.metricsConnections }, dial);
  await Promise.all(held.map(({ open }) => open));
  await dial().closed;
  expect(held.filter(({ socket }) => socket.readyState !== 'open')).toEqual([]);
  server[Symbol.dispose]();
  await Promise.all(held.map(({ closed }) => closed));
});

test('ferro seed --metrics says where its statistics are, and serves them', async () => {
  writeFileSync(join(folder, 'data'), randomBytes(LENGTH));
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const options = ['--listen', '127.0.0.1:0', '--no-trackers', '--metrics', '0', '--json'];
  const child = spawn(process.execPath, ['--conditions=@ferro/source', main, 'seed', join(folder, 'data'), ...options]);
  try {
    let errors = '';
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = /^statistics at (http:\/\/127\.0\.0\.1:\d+\/metrics)$/m.exec(errors);
        if (found !== null && output.includes('"ready"')) resolve(found[1]!);
      };
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString();
        look();
      });
      child.stderr.on('data', (text: Buffer) => {
        errors += text.toString();
        look();
      });
      child.once('close', () => reject(new Error(errors)));
    });
    const { infoHash } = JSON.parse(output.split('\n').find((line) => line.includes('"ready"'))!) as {
      infoHash: string;
    };
    const series = parse((await read(url)).text);
    expect(series.get(`ferro_torrent_verified_bytes{info_hash="${infoHash}"}`)).toBe(LENGTH);
    expect(series.get(`ferro_torrent_state{info_hash="${infoHash}",state="seeding"}`)).toBe(1);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});
