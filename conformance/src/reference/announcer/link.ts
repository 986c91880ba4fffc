/** As much of the peer protocol as the reference client needs to be believed: it shakes hands, fetches everything from one peer, and gives. */
import { connect, type Socket } from 'node:net';
import {
  type Block,
  blockLength,
  blockOf,
  carriedBy,
  handshakeLength,
  ids,
  message,
  readHandshake,
  readMessage,
  writeHandshake,
} from '../../probe/wire/messages.ts';
import type { Peer } from './http.ts';
import type { Source } from './source.ts';

/** What a block is answered with; undefined where it is not there. */
export type Give = (block: Block) => Uint8Array | undefined;

export function greetBack(socket: Socket, infoHash: Uint8Array, peerId: Uint8Array, give: Give): void {
  let heard: Buffer = Buffer.alloc(0);
  let greeted = false;
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    if (!greeted) {
      if (heard.length < handshakeLength) return;
      greeted = true;
      if (Buffer.compare(readHandshake(heard).infoHash, infoHash) !== 0) return void socket.destroy();
      heard = heard.subarray(handshakeLength);
      socket.write(writeHandshake({ infoHash, peerId }));
    }
    for (let read = readMessage(heard); read !== undefined; read = readMessage(heard)) {
      if (read.value.id === ids.interested) socket.write(message(ids.unchoke));
      if (read.value.id === ids.request) {
        const block = blockOf(read.value);
        const data = give(block);
        if (data !== undefined) socket.write(message(ids.piece, block.index, block.begin, data));
      }
      heard = heard.subarray(read.length);
    }
  });
}

export function fetchFrom(
  peer: Peer,
  source: Source,
  peerId: Uint8Array,
  wantedId: Uint8Array | undefined,
  { done, isSelf }: { readonly done: (data: Uint8Array) => void; readonly isSelf: () => void },
): Socket {
  const socket = connect({ host: peer.ip, port: peer.port, autoSelectFamily: true });
  const data = new Uint8Array(source.length);
  let heard: Buffer = Buffer.alloc(0);
  let greeted = false;
  let missing = source.length;
  socket.on('connect', () => socket.write(writeHandshake({ infoHash: source.infoHash, peerId })));
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    if (!greeted) {
      if (heard.length < handshakeLength) return;
      const theirs = readHandshake(heard).peerId;
      heard = heard.subarray(handshakeLength);
      greeted = true;
      if (Buffer.compare(theirs, peerId) === 0) {
        socket.destroy();
        return isSelf();
      }
      if (wantedId !== undefined && Buffer.compare(theirs, wantedId) !== 0) return void socket.destroy();
      if (source.length > 0) socket.write(message(ids.interested));
    }
    for (let read = readMessage(heard); read !== undefined; read = readMessage(heard)) {
      const { id } = read.value;
      if (id === ids.unchoke) for (const request of requests(source)) socket.write(request);
      if (id === ids.piece) {
        const block = carriedBy(read.value);
        data.set(block.data, block.index * source.pieceLength + block.begin);
        missing -= block.data.length;
        if (missing === 0) done(data);
      }
      heard = heard.subarray(read.length);
    }
  });
  return socket;
}

function requests({ length, pieceLength }: Source): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(length / blockLength) }, (_, at) => {
    const start = at * blockLength;
    const size = Math.min(blockLength, length - start);
    return message(ids.request, Math.floor(start / pieceLength), start % pieceLength, size);
  });
}
