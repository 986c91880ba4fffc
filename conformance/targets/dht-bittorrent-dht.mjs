// npm's bittorrent-dht at a port of loopback (it has no IPv6), with a table that is kept in a folder, as its documentation shows.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Client from 'bittorrent-dht';

const [port, folder, bootstrap] = process.argv.slice(2);
const file = join(folder, 'nodes.json');
const client = new Client({ bootstrap: bootstrap === '' ? false : [bootstrap] });
client.on('warning', () => {});
client.listen(Number(port), '127.0.0.1', () => {
  if (existsSync(file)) for (const node of JSON.parse(readFileSync(file, 'utf8'))) client.addNode(node);
});
process.on('SIGTERM', () => {
  writeFileSync(file, JSON.stringify(client.toJSON().nodes));
  process.exit();
});
