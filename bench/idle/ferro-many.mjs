/** Seeds every torrent of a folder from one client, says READY when all of them are verified, and stays. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@ferro/client';
import { nodeHost } from '@ferro/node';

const [torrents, data] = process.argv.slice(2);
const client = new Client(nodeHost(), { listen: [{ ip: '127.0.0.1', port: 0 }] });
let left = 0;
client.subscribe((events) => {
  for (const event of events) {
    if (event.type === 'ready' && event.torrent.state === 'seeding' && --left === 0) console.log('READY');
  }
});
const names = readdirSync(torrents);
left = names.length;
for (const name of names) client.add(readFileSync(join(torrents, name)), { path: data, resumeFile: false });
