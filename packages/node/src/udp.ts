/**
 * Datagram sockets. Without an address there are two sockets of one port behind one, as IPv4 and IPv6 answer from different
 * places. Node reads and writes one packet per system call; what it reads in one turn is handed over together, which costs a
 * third less than handing over each.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import {
  type Address,
  type AddressFamily,
  type Closable,
  canonicalIp,
  type Datagram,
  type DatagramHandler,
  type DatagramSocket,
  type Endpoint,
  familyOf,
  scopeOf,
} from '@ferro/core';
import { limits } from './limits.ts';

export class Udp {
  readonly #open = new Set<Closable>();

  bind(at: Endpoint, handler: DatagramHandler): DatagramSocket {
    return new UdpPort(at, handler, this.#open);
  }

  close(): void {
    for (const item of this.#open) item.close();
  }
}

class UdpPort implements DatagramSocket {
  readonly #at: Endpoint;
  readonly #handler: DatagramHandler;
  readonly #open: Set<Closable>;
  readonly #sockets: UdpSocket[] = [];
  /** What was sent before the port was ours. */
  #early: Datagram[] = [];
  #arrived: Datagram[] = [];
  /** Where the last packet came from, as Node has it and as we do: packets come in runs. */
  #lastIp = '';
  #last: Address = { ip: '', port: 0 };
  #delivery: NodeJS.Immediate | undefined;
  #local: Address;
  #ready = false;

  constructor(at: Endpoint, handler: DatagramHandler, open: Set<Closable>) {
    this.#at = at;
    this.#handler = handler;
    this.#open = open;
    this.#local = { ip: at.ip ?? '::', port: at.port };
    open.add(this);
    // Node may bind, and may fail, before it returns; nobody is called back from inside bind().
    queueMicrotask(() => this.#start(limits.portTries));
  }

  get local(): Address {
    return this.#local;
  }

  send(datagrams: readonly Datagram[]): void {
    if (!this.#ready) {
      for (const { bytes, address } of datagrams) {
        if (this.#early.length < limits.datagramBatch) this.#early.push({ bytes: bytes.slice(), address });
      }
      return;
    }
    for (const { bytes, address } of datagrams) {
      const family = familyOf(address.ip);
      for (const socket of this.#sockets) if (socket.family === family) socket.send(bytes, address);
    }
  }

  close(): void {
    this.#open.delete(this);
    clearImmediate(this.#delivery);
    this.#ready = false;
    this.#early = [];
    this.#arrived = [];
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  get #closed(): boolean {
    return !this.#open.has(this);
  }

  #families(): readonly AddressFamily[] {
    const ip = this.#at.group ?? this.#at.ip;
    return ip === undefined ? [4, 6] : [familyOf(ip)];
  }

  /** One family after the other, the second with the port of the first. */
  #start(triesLeft: number): void {
    if (this.#closed) return;
    const families = this.#families();
    const failures: Error[] = [];
    const next = (index: number, port: number): void => {
      const family = families[index];
      if (family === undefined) {
        if (this.#sockets.length > 0) this.#begin(port);
        else this.#fail(failures[0]!);
        return;
      }
      const socket = new UdpSocket(family, this.#at, (bytes, from) => this.#receive(bytes, from));
      socket.bind(port, (result) => {
        if (this.#closed) {
          socket.close();
          return;
        }
        if (typeof result === 'number') this.#sockets.push(socket);
        else if (hasFamily(result)) return this.#retry(result, triesLeft);
        else failures.push(result);
        next(index + 1, typeof result === 'number' ? result : port);
      });
    };
    next(0, this.#at.port);
  }

  /** Any port will do, but the one that was free for IPv4 is taken for IPv6: another try. */
  #retry(error: Error, triesLeft: number): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
    if (this.#at.port === 0 && triesLeft > 1) this.#start(triesLeft - 1);
    else this.#fail(error);
  }

  #fail(error: Error): void {
    this.#open.delete(this);
    this.#handler.failed?.(error);
  }

  #begin(port: number): void {
    this.#local = { ip: this.#local.ip, port };
    this.#ready = true;
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) this.send(early);
    this.#handler.ready?.(this.#local);
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    if (from.port !== this.#last.port || from.address !== this.#lastIp) {
      this.#lastIp = from.address;
      this.#last = { ip: plainIp(from.address), port: from.port };
    }
    this.#arrived.push({ bytes, address: this.#last });
    if (this.#arrived.length >= limits.datagramBatch) this.#deliver();
    else this.#delivery ??= setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    clearImmediate(this.#delivery);
    this.#delivery = undefined;
    if (this.#arrived.length === 0 || !this.#ready) return;
    const batch = this.#arrived;
    this.#arrived = [];
    this.#handler.receive(batch);
  }
}

/** The socket of one family. */
class UdpSocket {
  readonly family: AddressFamily;
  readonly #at: Endpoint;
  readonly #socket: Socket;
  /** Where it has joined the group, as dgram names networks. */
  readonly #networks: string[] = [];
  /** Packets are copied to here, as Node may send them after send() has returned, and their owner may reuse them before. */
  #outgoing: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(family: AddressFamily, at: Endpoint, receive: (bytes: Uint8Array, from: RemoteInfo) => void) {
    this.family = family;
    this.#at = at;
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      reuseAddr: at.group !== undefined,
      reusePort: at.share === true,
      recvBufferSize: limits.datagramBufferBytes,
      sendBufferSize: limits.datagramBufferBytes,
      // Addresses are numbers already; the resolver would cost a turn of the loop for each packet.
      lookup: (ip, _options, found) => found(null, ip, family),
    });
    this.#socket.on('message', receive);
  }

  /** A port number, or why not. */
  bind(port: number, done: (result: number | Error) => void): void {
    let settled = false;
    const settle = (result: number | Error) => {
      if (settled) return;
      settled = true;
      if (typeof result !== 'number') this.close();
      done(result);
    };
    // Errors after it is bound concern one packet: that is loss.
    this.#socket.on('error', settle);
    this.#socket.once('listening', () => settle(this.#join() ?? this.#socket.address().port));
    const any = this.family === 4 ? '0.0.0.0' : '::';
    this.#socket.bind({ port, address: this.#at.group === undefined ? (this.#at.ip ?? any) : any, exclusive: true });
  }

  /** To a group it goes once on each network that the group was joined on; the system would choose one. */
  send(bytes: Uint8Array, to: Address): void {
    if (to.port < 1 || to.port > 65535 || bytes.length > 65535) return;
    if (this.#networks.length === 0 || scopeOf(to.ip) !== 'multicast') {
      this.#send(bytes, to);
      return;
    }
    for (const network of this.#networks) {
      try {
        this.#socket.setMulticastInterface(network);
      } catch {
        // The network is gone: what would be sent there is lost.
        continue;
      }
      this.#send(bytes, to);
    }
  }

  #send(bytes: Uint8Array, to: Address): void {
    if (this.#used + bytes.length > this.#outgoing.length) {
      if (this.#outgoing.length === 0 || this.#socket.getSendQueueCount() > 0) {
        this.#outgoing = new Uint8Array(limits.datagramSendBytes);
      }
      this.#used = 0;
    }
    this.#outgoing.set(bytes, this.#used);
    this.#socket.send(this.#outgoing, this.#used, bytes.length, to.port, to.ip);
    this.#used += bytes.length;
  }

  close(): void {
    this.#socket.removeAllListeners('message');
    try {
      this.#socket.close();
    } catch {
      // It was closed by the error that we are told about.
    }
  }

  /** Joins the group on the network of our address, or wherever the machine has one; an error if that is nowhere. */
  #join(): Error | undefined {
    const { group, hops = 1, ip } = this.#at;
    if (group === undefined) return undefined;
    let problem: Error | undefined = new Error('there is no network to join the group on');
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      const own = addresses?.find(({ address }) =>
        ip === undefined ? familyOf(address) === this.family : address === ip,
      );
      if (own === undefined) continue;
      const network = this.family === 4 ? own.address : `::%${name}`;
      try {
        this.#socket.addMembership(group, network);
        this.#networks.push(network);
      } catch (error) {
        problem = error as Error;
      }
    }
    if (this.#networks.length === 0) return problem;
    this.#socket.setMulticastTTL(hops);
    this.#socket.setMulticastLoopback(true);
    return undefined;
  }
}

/** The family exists here, so the port is what was refused. */
function hasFamily(error: Error): boolean {
  return !('code' in error && ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(String(error.code)));
}

/** The system's text is canonical but for the zone of link-local addresses and for IPv4 inside IPv6. */
function plainIp(ip: string): string {
  if (!ip.includes('%') && !(ip.includes(':') && ip.includes('.'))) return ip;
  const plain = ip.split('%')[0]!;
  return canonicalIp(plain) ?? plain;
}
