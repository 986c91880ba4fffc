/** Ferro's tracker on a port of 127.0.0.1, for the load generators: HTTP and UDP. */
import { nodeHost } from '@ferro/node';
import { openTracker } from '@ferro/tracker';

const at = { ip: '127.0.0.1', port: Number(process.argv[2]) };
await openTracker(nodeHost(), { http: at, udp: at });
console.log('READY');
