/** `send|receive IP PORT MIB`: @ferro/client with nothing but uTP, the torrent that libtorrent's peer has made; it hashes and writes too. */
import { readFileSync } from 'node:fs';
import { Client } from '@ferro/client';
import { nodeHost } from '@ferro/node';

const [role, ip = '127.0.0.1', port = '0', mib = '256'] = process.argv.slice(2);
const root = process.env.BENCH_FOLDER;
const sends = role === 'send';
const host = nodeHost();
const listen = [{ ip, port: sends ? Number(port) : Number(port) + 1 }];
const client = new Client(host, { listen, tcp: false, trackers: false, dht: false, pex: false });
let started = performance.now();
let cpu = process.cpuUsage();

client.subscribe((events) => {
  for (const { type } of events) {
    if (type !== 'peer-connected' || sends) continue;
    started = performance.now();
    cpu = process.cpuUsage();
  }
});
const torrent = client.add(readFileSync(`${root}/payload.torrent`), {
  path: sends ? `${root}/seed` : `${root}/${process.pid}`,
  peers: sends ? [] : [{ ip, port: Number(port) }],
});
await torrent.finished;
if (sends) {
  cpu = process.cpuUsage();
  process.stdout.write('READY\n');
  await new Promise((over) => process.stdin.resume().on('end', over));
}
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - started) / 1000;
const used = { cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() };
process.stdout.write(`${JSON.stringify({ bytes: Number(mib) * 1_048_576, seconds, ...used })}\n`);
await client.close();
await host.close();
