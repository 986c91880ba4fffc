/**
 * A tracker over HTTP (BEP 3, BEP 7, BEP 23) on all addresses, for what no other one does: with ONLY=host:port everybody hears
 * of that one peer. It shares nothing with the project's own trackers.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';

const PORT = 6969;
const INTERVAL_S = 30;
const only = process.env['ONLY'];
const swarms = new Map<string, Map<string, Buffer>>();

const server = createServer((request, response) => {
  const url = request.url ?? '';
  const hash = /[?&]info_hash=([^&]*)/.exec(url)?.[1] ?? '';
  const port = Number(/[?&]port=(\d+)/.exec(url)?.[1] ?? 0);
  const ip = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  console.log(new Date().toISOString(), ip, url);
  // Escaping is a matter of taste: the same bytes may come spelled differently.
  const key = hash.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const swarm = swarms.get(key) ?? new Map<string, Buffer>();
  swarms.set(key, swarm);
  const me = `${ip} ${port}`;
  if (url.includes('event=stopped')) swarm.delete(me);
  else swarm.set(me, compact(ip, port));
  const others =
    only === undefined ? [...swarm].filter(([name]) => name !== me).map(([, bytes]) => bytes) : named(only);
  const four = Buffer.concat(others.filter((bytes) => bytes.length === 6));
  const six = Buffer.concat(others.filter((bytes) => bytes.length === 18));
  const parts = [
    `d8:completei1e10:incompletei1e8:intervali${INTERVAL_S}e12:min intervali${INTERVAL_S}e5:peers${four.length}:`,
    four,
    ...(six.length > 0 ? [`6:peers6${six.length}:`, six] : []),
    'e',
  ];
  response.end(Buffer.concat(parts.map((part) => Buffer.from(part))));
});

server.listen(PORT, '::', () => writeFileSync(`${process.env['BT_LOG']}/ready`, ''));

function named(peer: string): Buffer[] {
  const at = peer.lastIndexOf(':');
  return [compact(peer.slice(0, at), Number(peer.slice(at + 1)))];
}

function compact(ip: string, port: number): Buffer {
  const end = Buffer.from([port >> 8, port & 255]);
  if (!isIPv6(ip)) return Buffer.concat([Buffer.from(ip.split('.').map(Number)), end]);
  const [head = '', tail = ''] = ip.split('::');
  const [before, after] = [head, tail].map((side) => side.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - before!.length - after!.length }, () => '0');
  const bytes = Buffer.alloc(16);
  const groups = ip.includes('::') ? [...before!, ...zeros, ...after!] : ip.split(':');
  for (const [i, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i);
  return Buffer.concat([bytes, end]);
}
