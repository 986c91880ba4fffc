// A node of @ferro/dht at a port of loopback, over IPv4 and IPv6, that keeps its table in a folder. Enters the network nowhere if no node is named;
// with `read-only` it asks and does not answer.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDht } from '../../packages/dht/src/index.ts';
import { nodeHost } from '../../packages/node/src/index.ts';

const [port, folder, bootstrap, mode] = process.argv.slice(2);
const file = join(folder, 'dht-node');
const host = nodeHost();
const dht = await openDht(host, {
  port: Number(port),
  bootstrap: bootstrap === '' ? [] : [bootstrap],
  readOnly: mode === 'read-only',
  ...(existsSync(file) && { saved: new Uint8Array(readFileSync(file)) }),
});
process.on('SIGTERM', () => {
  writeFileSync(file, dht.snapshot());
  process.exit();
});
