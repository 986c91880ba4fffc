// WebTorrent as a peer, bittorrent-tracker as a tracker.
import { readFileSync, writeFileSync } from 'node:fs';

const env = process.env;
const uses = (word) => (env.BT_USE ?? '').split(' ').includes(word);
const ready = () => writeFileSync(`${env.BT_LOG}/ready`, '');
const trouble = (error) => {
  console.error(error);
  process.exit(1);
};

if (env.BT_ROLE === 'version') {
  console.log(JSON.parse(readFileSync(`/app/node_modules/${env.BT_NAME}/package.json`, 'utf8')).version);
} else if (env.BT_ROLE === 'tracker') await track();
else if (env.BT_ROLE === 'seeder' || env.BT_ROLE === 'leecher') await transfer();
else process.exit(89);

async function track() {
  const { Server } = await import('bittorrent-tracker');
  const server = new Server({ http: true, udp: true, ws: false, stats: false, trustProxy: false });
  server.on('error', trouble);
  server.on('listening', ready);
  server.listen(6969);
}

async function transfer() {
  const { default: WebTorrent } = await import('webtorrent');
  const client = new WebTorrent({
    torrentPort: Number(env.BT_PORT),
    dhtPort: Number(env.BT_PORT),
    dht: uses('dht') ? { bootstrap: env.BT_BOOTSTRAP } : false,
    tracker: uses('tracker'),
    lsd: uses('lsd'),
    utPex: uses('pex'),
    utp: uses('utp'),
    webSeeds: uses('web-seed'),
    // Left alone, it begins every call encrypted, and takes an answer in the clear for a refusal.
    secure: uses('encryption') ? 2 : 0,
    natUpnp: false,
    natPmp: false,
    uploadLimit: env.BT_UP_RATE === '0' ? -1 : 1024 * Number(env.BT_UP_RATE),
  });
  client.on('error', trouble);
  const source = env.BT_IN.endsWith('magnet.txt') ? readFileSync(env.BT_IN, 'utf8').trim() : env.BT_IN;
  const torrent = client.add(source, { path: env.BT_DATA });
  torrent.on('warning', (warning) => console.error(warning));
  const done = () => (env.BT_ROLE === 'seeder' ? ready() : client.destroy(() => process.exit(0)));
  torrent.on('ready', () => torrent.done && done());
  torrent.on('done', done);
}
