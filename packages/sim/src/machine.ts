/** A computer with its addresses, its line, its ports and its disk. What runs on it (host.ts) may crash; this stays. */
import type { Address, AddressFamily, Datagram } from '@ferro/core';
import type { SimulatedDisk } from './disk.ts';
import { type Link, LinkQueue } from './link.ts';
import type { Nat } from './nat.ts';
import { type PortHolder, Ports } from './ports.ts';
import type { Random } from './random.ts';
import type { StreamEnd } from './stream.ts';

/** Somebody who waits for connections on a port. */
export interface Listening extends PortHolder {
  /** A connection has arrived from there. */
  accept(caller: StreamEnd, source: Address): void;
}

/** Somebody who hears datagrams on a port. */
export interface Bound extends PortHolder {
  arrive(datagram: Datagram): void;
}

export interface MachineOptions {
  readonly v4?: string;
  readonly v6?: string;
  readonly up: Link;
  readonly down: Link;
  readonly nat?: Nat;
  readonly disk: SimulatedDisk;
  readonly random: Random;
}

export class Machine {
  readonly v4: string | undefined;
  readonly v6: string | undefined;
  readonly nat: Nat | undefined;
  /** What stands for it in the trace. */
  readonly name: string;
  /** What stands for it in a partition: its addresses, and its router's. */
  readonly names: readonly string[];
  readonly outward: LinkQueue;
  readonly inward: LinkQueue;
  readonly tcp: Ports<Listening>;
  readonly udp: Ports<Bound>;
  readonly disk: SimulatedDisk;
  readonly random: Random;
  /** False: no power. What is sent to it gets lost. */
  isOn = true;
  /** Counts crashes, so that what an earlier life has sent is not sent again. */
  life = 0;

  constructor(options: MachineOptions) {
    const { v4, v6, nat, random } = options;
    this.v4 = v4;
    this.v6 = v6;
    this.nat = nat;
    this.names = [v4, v6, nat?.ip].filter((ip) => ip !== undefined);
    this.name = nat === undefined ? this.names[0]! : `${nat.ip}/${v4}`;
    this.outward = new LinkQueue(options.up, random.split('up'));
    this.inward = new LinkQueue(options.down, random.split('down'));
    this.tcp = new Ports(random.split('tcp'));
    this.udp = new Ports(random.split('udp'));
    this.disk = options.disk;
    this.random = random;
  }

  ipOf(family: AddressFamily): string | undefined {
    return family === 4 ? this.v4 : this.v6;
  }

  /** Whether somebody on this machine may listen there. */
  owns(ip: string | undefined): boolean {
    return ip === undefined || ip === this.v4 || ip === this.v6 || isWildcard(ip) || isLoopback(ip);
  }
}

function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

export function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
