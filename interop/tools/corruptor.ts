/**
 * A peer that has every piece and gives none: each block that it is asked for comes back as garbage (BEP 3). It takes its time,
 * so that its blocks get mixed with good ones, and leaves when it has poisoned enough: programs that distrust everybody who had
 * a part in a bad piece would otherwise be left with nobody.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

const PORT = 6881;
const pieces = Number(process.env['BT_PIECES']);
const hash = Buffer.from(readFileSync('/bt/in/info-hashes.txt', 'utf8').trim().split('\n')[0]!, 'hex');
const peerId = Buffer.from('-XX0001-corruptor000');
const BETWEEN_MS = 100;
const BLOCKS_MAX = 8;
let blocks = 0;
const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1');

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  let shaken = false;
  const asked: Buffer[] = [];
  const timer = setInterval(() => {
    const request = asked.shift();
    if (request === undefined) return;
    answer(socket, request);
    if (++blocks < BLOCKS_MAX) return;
    socket.end();
    server.close();
  }, BETWEEN_MS);
  socket.on('close', () => clearInterval(timer));
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    if (!shaken) {
      if (rest.length < 68) return;
      // An offer of encryption, which is not taken: whoever makes it comes back without.
      if (!rest.subarray(0, PROTOCOL.length).equals(PROTOCOL)) return void socket.destroy();
      rest = rest.subarray(68);
      shaken = true;
      socket.write(Buffer.concat([PROTOCOL, Buffer.alloc(8), hash, peerId]));
      message(socket, 5, everything());
      message(socket, 1);
    }
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      if (length === 13 && rest[4] === 6) asked.push(Buffer.from(rest.subarray(5, 17)));
      rest = rest.subarray(4 + length);
    }
  });
});

function everything(): Buffer {
  const bits = Buffer.alloc(Math.ceil(pieces / 8), 255);
  if (pieces % 8 !== 0) bits[bits.length - 1] = (0xff00 >> (pieces % 8)) & 255;
  return bits;
}

function answer(socket: Socket, request: Buffer): void {
  console.log(`asked for piece ${request.readUInt32BE(0)} from ${request.readUInt32BE(4)}`);
  const garbage = Buffer.alloc(request.readUInt32BE(8), 'garbage ');
  message(socket, 7, Buffer.concat([request.subarray(0, 8), garbage]));
}

function message(socket: Socket, id: number, body: Buffer = Buffer.alloc(0)): void {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + body.length);
  head[4] = id;
  socket.write(Buffer.concat([head, body]));
}

server.listen(PORT, '0.0.0.0', async () => {
  const escaped = [...hash].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const question = `info_hash=${escaped}&peer_id=${peerId}&port=${PORT}&uploaded=0&downloaded=0&left=0&compact=1&event=started`;
  await (await fetch(`${process.env['BT_TRACKER']}?${question}`)).arrayBuffer();
  writeFileSync(`${process.env['BT_LOG']}/ready`, '');
});
