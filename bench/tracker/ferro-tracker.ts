/** Ferro's tracker on a port of 127.0.0.1, for the load generators: HTTP and UDP; its swarms in memory, or in a Valkey at a URL. */
import { nodeHost } from '@ferro/node';
import { openTracker } from '@ferro/tracker';
import { ValkeyStore } from '@ferro/tracker/valkey';

const [port, url] = process.argv.slice(2);
const at = { ip: '127.0.0.1', port: Number(port) };
const host = nodeHost();
await openTracker(host, { http: at, udp: at, ...(url === undefined ? {} : { store: new ValkeyStore(host, { url }) }) });
console.log('READY');
