// npm's bittorrent-tracker at a port of loopback, over HTTP and UDP, IPv4 and IPv6.
import { registerHooks } from 'node:module';

// It loads WebRTC, and with that a native module, which nothing here needs.
const classes = ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate'];
const url = `data:text/javascript,${classes.map((name) => `export class ${name} {}`).join(' ')}`;
registerHooks({
  resolve: (name, context, next) =>
    name === 'webrtc-polyfill' ? { url, format: 'module', shortCircuit: true } : next(name, context),
});
const { default: Server } = await import('bittorrent-tracker/server');

const server = new Server({ ws: false, stats: false });
server.on('warning', () => {});
server.listen(Number(process.argv[2]), { http: '::', udp4: '127.0.0.1', udp6: '::1' });
