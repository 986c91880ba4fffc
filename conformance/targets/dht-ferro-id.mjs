// The id that @ferro/dht makes for an address (BEP 42): address, and the number in the last byte.
import { idForAddress } from '../../packages/dht/src/node-id.ts';

const [ip, last] = process.argv.slice(2);
const random = (bytes) => void bytes.fill(Number(last));
console.log(idForAddress(ip, { random }).hex);
