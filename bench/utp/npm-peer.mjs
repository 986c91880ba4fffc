/** `receive IP PORT MIB` or `send IP PORT MIB` over npm's utp-native, found where UTP_NATIVE says or among our own packages. */
import { createRequire } from 'node:module';

const utp = createRequire(import.meta.url)(process.env.UTP_NATIVE ?? 'utp-native');
const [role, ip, port, mib] = process.argv.slice(2);
const length = Number(mib) * 1_048_576;

function report(started, cpuBefore, bytes) {
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - started) / 1000;
  const line = JSON.stringify({ bytes, seconds, cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() });
  process.stdout.write(`${line}\n`);
}

if (role === 'receive') {
  const server = utp.createServer((socket) => {
    let bytes = 0;
    let started = 0;
    let cpu;
    socket.on('data', (data) => {
      if (bytes === 0) {
        started = performance.now();
        cpu = process.cpuUsage();
      }
      bytes += data.length;
      // Its end comes late; what is measured is the transfer.
      if (bytes < length) return;
      report(started, cpu, bytes);
      process.exit();
    });
  });
  server.listen(Number(port), ip, () => {
    // The same as ours: what libutp sends at once would overflow what the kernel gives by itself.
    server.setRecvBufferSize(4_194_304);
    process.stdout.write('READY\n');
  });
} else {
  const socket = utp.connect(Number(port), ip);
  const chunk = Buffer.alloc(1_048_576, 31);
  let sent = 0;
  let started = 0;
  let cpu;
  const more = () => {
    while (sent < length) {
      sent += chunk.length;
      socket.write(chunk);
      // Several at a time: it sends them as one, and waits for nobody in between.
      if (socket.writableLength >= 8 * chunk.length) return socket.once('drain', more);
    }
    // What was written is still to be sent; the receiver knows when it is.
    process.stdin.on('end', () => {
      report(started, cpu, sent);
      process.exit();
    });
    process.stdin.resume();
  };
  socket.on('connect', () => {
    started = performance.now();
    cpu = process.cpuUsage();
    more();
  });
}
