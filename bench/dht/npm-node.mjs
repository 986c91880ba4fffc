// A node of npm's bittorrent-dht on 127.0.0.1; prints READY.
import { Client } from 'bittorrent-dht';

const node = new Client({ bootstrap: false });
node.on('error', () => {});
node.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('READY'));
