// npm's bittorrent-dht at an address (it has no IPv6), with a table that is kept in a folder, as its documentation shows.
import { createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Client from 'bittorrent-dht';

const [ip, port, folder, bootstrap] = process.argv.slice(2);
const file = join(folder, 'nodes.json');

// It checks signatures of items with what it is given for that.
const keyPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const isSigned = (signature, message, publicKey) => {
  if (publicKey.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([keyPrefix, publicKey]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};
const client = new Client({ bootstrap: bootstrap === '' ? false : [bootstrap], verify: isSigned });
client.on('warning', () => {});
client.listen(Number(port), ip, () => {
  if (existsSync(file)) for (const node of JSON.parse(readFileSync(file, 'utf8'))) client.addNode(node);
});
process.on('SIGTERM', () => {
  writeFileSync(file, JSON.stringify(client.toJSON().nodes));
  process.exit();
});
