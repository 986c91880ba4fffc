/**
 * Memory of idle connections: so many between two endpoints of one process, over a loop in memory. Each side's share is half of
 * what the process grows by.
 *
 *     node --expose-gc --conditions=@ferro/source bench/utp-idle.ts [CONNECTIONS]
 */
import { UtpEndpoint } from '@ferro/utp';

const count = Number(process.argv[2] ?? 1000);
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
const environment = { now: () => performance.now(), random };
const [client, server] = [new UtpEndpoint(environment), new UtpEndpoint(environment)];
const [here, there] = [
  { ip: '127.0.0.1', port: 1 },
  { ip: '127.0.0.1', port: 2 },
];

/** Carries datagrams until none is left. */
function settle(): void {
  for (;;) {
    const out = client.flush();
    for (const { bytes } of out) server.receive({ bytes: bytes.slice(), address: here });
    const back = server.flush();
    for (const { bytes } of back) client.receive({ bytes: bytes.slice(), address: there });
    if (out.length + back.length === 0) return;
  }
}

function memory(): number {
  globalThis.gc!();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

const before = memory();
const residentBefore = process.memoryUsage.rss();
for (let i = 0; i < count; i++) {
  // Each has said something once, so its buffers exist.
  client.connect(there).write([new Uint8Array(100)]);
  settle();
}
const grown = (memory() - before) / 2;
const resident = (process.memoryUsage.rss() - residentBefore) / 2;
process.stdout.write(
  `${client.connections} connections: ${(grown / 2 ** 20).toFixed(1)} MiB of heap and buffers a side, ` +
    `${(grown / count / 1024).toFixed(1)} KiB each; resident ${(resident / 2 ** 20).toFixed(1)} MiB\n`,
);
