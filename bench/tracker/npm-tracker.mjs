/** npm's bittorrent-tracker on a port of 127.0.0.1, for the load generators: HTTP and UDP. */
import Server from 'bittorrent-tracker/server';

const port = Number(process.argv[2]);
const server = new Server({ http: true, udp: true, ws: false, stats: false });
server.on('error', () => {});
server.on('warning', () => {});
// It binds IPv6 too, and listens once all are bound.
server.listen(port, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, () => console.log('READY'));
