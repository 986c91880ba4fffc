// A value of the DHT fetched or stored by npm's bittorrent-dht: get or put, the hash of a value or the key of its author or a text, bootstrap.
import { createHash, createPublicKey, verify } from 'node:crypto';
import Client from 'bittorrent-dht';

const [verb, word, bootstrap] = process.argv.slice(2);
const keyPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const isSigned = (signature, message, publicKey) => {
  const key = createPublicKey({ key: Buffer.concat([keyPrefix, publicKey]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};
const client = new Client({ bootstrap: [bootstrap], verify: isSigned });
client.on('warning', () => {});
const done = (error, result) => {
  if (error) console.error(error.message);
  else console.log(result?.v?.toString() ?? result?.toString('hex') ?? 'nothing');
  process.exit(error ? 1 : 0);
};
client.on('ready', () => {
  if (verb === 'put') return client.put({ v: Buffer.from(word) }, done);
  // It is asked for a key by its hash.
  const bytes = Buffer.from(word, 'hex');
  client.get(bytes.length === 32 ? createHash('sha1').update(bytes).digest() : bytes, done);
});
