/**
 * The floor: what one thread of Node needs to receive a file without any protocol, and then to hash it, and to write it too. And
 * the seeder that costs least. No program of one thread can be better; ours has a second thread and a protocol.
 */
import { hash } from 'node:crypto';
import { openSync, readSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Meter } from './meter.ts';
import { OUTPUT, PAYLOAD, readScenario } from './scenario.ts';

const CHUNK = 262_144;
const scenario = readScenario();
const role = process.argv[3] ?? 'serve';
const meter = new Meter();

function serve(): void {
  const file = openSync(join(scenario.folder, PAYLOAD), 'r');
  const server = createServer((socket) => {
    meter.start();
    const free = Array.from({ length: 4 }, () => new Uint8Array(CHUNK));
    let position = 0;
    const pump = (): void => {
      while (free.length > 0 && position < scenario.length) {
        const buffer = free.pop()!;
        const count = readSync(file, buffer, 0, CHUNK, position);
        position += count;
        socket.write(buffer.subarray(0, count), () => {
          free.push(buffer);
          pump();
        });
        if (position >= scenario.length) socket.end();
      }
    };
    socket.once('close', () => {
      process.stdout.write(`${JSON.stringify(meter.stop())}\n`);
      server.close();
    });
    pump();
  });
  server.listen(scenario.port, '127.0.0.1', () => process.stdout.write('listening\n'));
}

function sink(withHash: boolean, withWrite: boolean): void {
  const { pieceLength } = scenario;
  const file = openSync(join(scenario.folder, OUTPUT), 'w');
  const piece = new Uint8Array(pieceLength);
  let filled = 0;
  let pieces = 0;
  const take = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(pieceLength - filled, bytes.length - from);
      piece.set(bytes.subarray(from, from + count), filled);
      filled += count;
      from += count;
      if (filled < pieceLength) continue;
      if (withHash) hash('sha1', piece, 'buffer');
      if (withWrite) writeSync(file, piece, 0, pieceLength, pieces * pieceLength);
      pieces++;
      filled = 0;
    }
  };
  meter.start();
  const socket = connect({
    port: scenario.port,
    host: '127.0.0.1',
    onread: {
      buffer: new Uint8Array(CHUNK),
      callback: (count, buffer) => {
        take(buffer.subarray(0, count));
        return true;
      },
    },
  });
  socket.once('end', () => process.stdout.write(`${JSON.stringify(meter.stop())}\n`));
}

if (role === 'serve') serve();
else sink(role !== 'receive', role === 'receive+hash+write');
