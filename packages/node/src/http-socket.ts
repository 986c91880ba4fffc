/**
 * The connection of a plain HTTP request (RFC 9112). What it reads goes to Node's parser, until the body is taken over: the parser
 * copies each part of a body into fresh memory, which costs more than all the rest of receiving it.
 */
import { connect, type LookupFunction, type Socket } from 'node:net';

export interface HttpDestination {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

export class HttpSocket {
  readonly socket: Socket;
  #taker: ((bytes: Uint8Array) => void) | undefined;

  /** `buffer`: where all such connections read to. */
  constructor(to: HttpDestination, buffer: Uint8Array) {
    const socket = connect({
      ...to,
      noDelay: true,
      onread: {
        buffer,
        callback: (length, bytes) => {
          const part = length === bytes.length ? bytes : bytes.subarray(0, length);
          // A copy, because nothing says that the parser is done with it when it returns.
          if (this.#taker === undefined) socket.emit('data', Buffer.from(part));
          else this.#taker(part);
          return true;
        },
      },
    });
    this.socket = socket;
  }

  /** Whatever is read from now on is lent to `receive` until that returns, and the parser sees nothing of it. */
  takeOver(receive: (bytes: Uint8Array) => void): void {
    this.#taker = receive;
  }
}
