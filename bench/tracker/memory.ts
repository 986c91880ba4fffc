/**
 * What a million peers in a hundred thousand swarms take in the memory store, and what an announce then costs without a network.
 *
 * node --conditions=@ferro/source --expose-gc bench/tracker/memory.ts
 */
import { nodeHost } from '@ferro/node';
import { MemoryStore, roles } from '@ferro/tracker';

const host = nodeHost();
const resident = () => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss / 2 ** 20;
};
const before = resident();
const store = new MemoryStore(host, { peersPerAddress: 2_000_000 });
const infoHash = new Uint8Array(20);
const address = new Uint8Array(6);
const hashView = new DataView(infoHash.buffer);
const addressView = new DataView(address.buffer);

function announce(torrent: number, peer: number): void {
  hashView.setUint32(0, Math.imul(torrent + 1, 2654435761));
  hashView.setUint32(4, torrent);
  addressView.setUint32(0, peer);
  addressView.setUint16(4, 1024 + (peer % 60_000));
  const role = peer % 2 === 0 ? roles.seeder : roles.leecher;
  store.announce({ infoHash, address, role, completed: false, listed: true, want: 50, bothFamilies: false }, () => {});
}

for (let peer = 0; peer < 1_000_000; peer++) announce(peer % 100_000, peer);
const after = resident();
console.log(JSON.stringify(store.totals()));
console.log(`resident: ${after.toFixed(0)} MiB, of which the store ${(after - before).toFixed(0)} MiB`);
const start = process.cpuUsage();
for (let peer = 0; peer < 1_000_000; peer++) announce(peer % 100_000, peer);
const { user, system } = process.cpuUsage(start);
console.log(`an announce again: ${((user + system) / 1e6).toFixed(2)} µs CPU`);
await host.close();
