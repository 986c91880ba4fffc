// npm's webtorrent on one torrent or magnet link, over TCP: source, data, port, first node of its DHT or nothing, a second torrent or nothing.
import { registerHooks } from 'node:module';

// It loads WebRTC, and with that a native module, which nothing here needs.
const classes = ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate'];
const url = `data:text/javascript,${classes.map((name) => `export class ${name} {}`).join(' ')} export default {};`;
registerHooks({
  resolve: (name, context, next) =>
    name === 'webrtc-polyfill' ? { url, format: 'module', shortCircuit: true } : next(name, context),
});
// Whoever wants to ask it has it beside the suite.
const name = 'webtorrent';
const { default: WebTorrent } = await import(name);

const [source, path, port, bootstrap, also] = process.argv.slice(2);
const client = new WebTorrent({
  torrentPort: Number(port),
  dht: bootstrap ? { bootstrap: [bootstrap] } : false,
  dhtPort: Number(port),
  lsd: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  // It calls with encryption first, and not again in plain words when that is hung up on.
  secure: 0,
});
const trouble = (error) => process.stderr.write(`${error}\n`);
client.on('error', (error) => {
  trouble(error);
  process.exit(1);
});
for (const each of [source, also]) if (each) client.add(each, { path }).on('warning', trouble);
process.on('SIGTERM', () => client.destroy(() => process.exit(0)));
