// A node of npm's bittorrent-dht, told by JSON lines on stdin what to do, one answer a line on stdout.
//
// npm-node.mjs IP:PORT BOOTSTRAP
import { createInterface } from 'node:readline';
import { Client } from 'bittorrent-dht';

const [listen, bootstrap] = process.argv.slice(2);
const [ip, port] = listen.split(':');
const node = new Client({ bootstrap: [bootstrap] });
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
node.on('error', () => {});
node.listen(Number(port), ip, () => node.once('ready', () => say({ ready: true })));

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.do === 'announce') node.announce(order.hash, order.port, (error) => say({ error: error?.message }));
  if (order.do === 'put')
    node.put({ v: order.value }, (error, hash) => say({ target: hash?.toString('hex'), error: error?.message }));
  if (order.do === 'get')
    node.get(order.target, (error, item) => say({ value: item?.v?.toString(), error: error?.message }));
  if (order.do === 'peers') {
    const peers = [];
    const heard = (peer, hash) => hash.toString('hex') === order.hash && peers.push(`${peer.host}:${peer.port}`);
    node.on('peer', heard);
    node.lookup(order.hash, () => {
      node.off('peer', heard);
      say({ peers });
    });
  }
}
