/**
 * A peer that has nothing and knows somebody: whoever connects and speaks peer exchange (BEP 10, BEP 11) is told of the one
 * peer in HUB_PEER, and of nobody else. A leecher that hears of no other peer has to find its seeder this way.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

const PORT = 6881;
const OUR_PEX = 1;
const [ip = '', port = ''] = (process.env['HUB_PEER'] ?? '').split(':');
const hash = Buffer.from(readFileSync('/bt/in/info-hashes.txt', 'utf8').trim().split('\n')[0]!, 'hex');
const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1');
const EXTENDED = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0]);

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  let shaken = false;
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    if (!shaken) {
      if (rest.length < 68) return;
      // An offer of encryption, which is not taken: whoever makes it comes back without.
      if (!rest.subarray(0, PROTOCOL.length).equals(PROTOCOL)) return void socket.destroy();
      rest = rest.subarray(68);
      shaken = true;
      socket.write(Buffer.concat([PROTOCOL, EXTENDED, hash, Buffer.from('-XX0001-hub000000000')]));
      extended(socket, 0, Buffer.from(`d1:md6:ut_pexi${OUR_PEX}eee`));
    }
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      if (length > 2 && rest[4] === 20 && rest[5] === 0) introduce(socket, rest.subarray(6, 4 + length));
      rest = rest.subarray(4 + length);
    }
  });
});

function introduce(socket: Socket, handshake: Buffer): void {
  const number = /6:ut_pexi(\d+)e/.exec(handshake.toString('latin1'))?.[1];
  console.log(`${socket.remoteAddress} ${number === undefined ? 'does not exchange peers' : 'is told of the seeder'}`);
  if (number === undefined) return;
  const peer = Buffer.from([...ip.split('.').map(Number), Number(port) >> 8, Number(port) & 255]);
  const added = [Buffer.from('d5:added6:'), peer, Buffer.from('7:added.f1:'), Buffer.from([2]), Buffer.from('e')];
  extended(socket, Number(number), Buffer.concat(added));
}

function extended(socket: Socket, id: number, body: Buffer): void {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(2 + body.length);
  head.set([20, id], 4);
  socket.write(Buffer.concat([head, body]));
}

server.listen(PORT, '0.0.0.0', () => writeFileSync(`${process.env['BT_LOG']}/ready`, ''));
