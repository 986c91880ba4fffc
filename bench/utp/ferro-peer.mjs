/** `receive IP PORT MIB` or `send IP PORT MIB [MTU]`: one transfer over @ferro/utp's facade; prints what it cost. */
import { nodeHost } from '@ferro/node';
import { openUtp } from '@ferro/utp';

const [role, ip = '127.0.0.1', port = '0', mib = '256', mtu = '1500'] = process.argv.slice(2);
const length = Number(mib) * 1_048_576;
const host = nodeHost();

function report(started, cpuBefore, bytes) {
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `${JSON.stringify({ bytes, seconds, cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() })}\n`,
  );
}

if (role === 'receive') {
  const utp = await openUtp(host, Number(port), { ip, mtu: Number(mtu) });
  process.stdout.write('READY\n');
  for await (const channel of utp) {
    const reader = channel.readable.getReader();
    let bytes = 0;
    let started = 0;
    let cpu = process.cpuUsage();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (bytes === 0) {
        started = performance.now();
        cpu = process.cpuUsage();
      }
      bytes += read.value.length;
    }
    report(started, cpu, bytes);
    await channel.writable.close();
    break;
  }
  await utp.close();
} else {
  const utp = await openUtp(host, 0, { ip, mtu: Number(mtu) });
  const channel = await utp.connect({ ip, port: Number(port) });
  const writer = channel.writable.getWriter();
  const chunk = new Uint8Array(65_536).map((_, i) => i * 31);
  const started = performance.now();
  const cpu = process.cpuUsage();
  for (let sent = 0; sent < length; sent += chunk.length) await writer.write(chunk);
  await writer.close();
  for await (const _ of channel.readable);
  report(started, cpu, length);
  await utp.close();
}
await host.close();
