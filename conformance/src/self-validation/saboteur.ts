/**
 * A man in the middle: passes everything on between the probe and a healthy target, and changes one thing of what the target says. So a
 * case is seen to fail against somebody else's program too, and not only against the node that was written for it.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type HttpAnswer, takeAnswer } from '../probe/http-tracker/http.ts';
import type { Endpoint, Endpoints, Target } from '../target/target.ts';

export interface Sabotage {
  /** What becomes of a datagram that the target sends; undefined drops it. */
  readonly datagram?: (reply: Uint8Array) => Uint8Array | undefined;
  /** What becomes of the body of an HTTP answer. */
  readonly body?: (body: Uint8Array) => Uint8Array;
}

/** The same target, with somebody between it and us. Only the addresses of trackers over IPv4 are led through. */
export async function throughSaboteur(target: Target, sabotage: Sabotage): Promise<Target> {
  const saboteur = new Saboteur(sabotage);
  const { udp, http } = target.endpoints;
  const endpoints: Endpoints = {
    ...(udp !== undefined && { udp: await saboteur.datagrams(udp) }),
    ...(http !== undefined && { http: { ...http, ...(await saboteur.streams(http)) } }),
  };
  return { ...target, endpoints, close: () => saboteur.close() };
}

class Saboteur {
  readonly #sabotage: Sabotage;
  readonly #sockets: DatagramSocket[] = [];
  readonly #servers: Server[] = [];
  readonly #streams: Set<Socket> = new Set();

  constructor(sabotage: Sabotage) {
    this.#sabotage = sabotage;
  }

  /** Each client gets a socket of its own towards the target, at its own address: trackers look at that. */
  async datagrams(to: Endpoint): Promise<Endpoint> {
    const front = createSocket('udp4');
    const clients = new Map<string, Promise<DatagramSocket>>();
    front.on('message', async (request, { address, port }) => {
      const key = `${address} ${port}`;
      const client =
        clients.get(key) ?? this.#towards(to, address, (reply) => front.send(reply, port, address, () => {}));
      clients.set(key, client);
      (await client).send(request, to.port, to.ip, () => {});
    });
    this.#sockets.push(front);
    await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
    return { ip: '127.0.0.1', port: front.address().port };
  }

  async streams(to: Endpoint): Promise<Endpoint> {
    const server = createServer((client) => this.#between(client, to));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { ip: '127.0.0.1', port: (server.address() as { port: number }).port };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const server of this.#servers) server.close();
    for (const stream of this.#streams) stream.destroy();
    await Promise.resolve();
  }

  #towards(to: Endpoint, from: string, back: (reply: Uint8Array) => void): Promise<DatagramSocket> {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    socket.on('error', () => {});
    socket.on('message', (reply, { port }) => {
      if (port !== to.port) return;
      const changed = this.#sabotage.datagram === undefined ? reply : this.#sabotage.datagram(reply);
      if (changed !== undefined) back(changed);
    });
    return new Promise((resolve) => socket.bind(0, from, () => resolve(socket)));
  }

  #between(client: Socket, to: Endpoint): void {
    const target = connect({ host: to.ip, port: to.port, localAddress: client.remoteAddress ?? '127.0.0.1' });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#streams.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => this.#streams.delete(one));
    }
    client.on('data', (bytes) => target.write(bytes));
    client.on('end', () => target.end());
    let heard: Uint8Array = new Uint8Array(0);
    const answerAll = (ending: 'open' | 'clean') => {
      for (let taken = takeAnswer(heard, ending); taken !== undefined; taken = takeAnswer(heard, ending)) {
        heard = heard.subarray(taken.length);
        client.write(this.#rewritten(taken.value));
      }
    };
    target.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      answerAll('open');
    });
    target.on('end', () => {
      answerAll('clean');
      client.end();
    });
  }

  #rewritten({ status, body }: HttpAnswer): Uint8Array {
    const changed = this.#sabotage.body?.(body) ?? body;
    return Buffer.concat([
      Buffer.from(`HTTP/1.1 ${status} Led through\r\nContent-Length: ${changed.length}\r\n\r\n`),
      changed,
    ]);
  }
}
