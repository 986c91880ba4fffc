/** One of the two networks (BEP 32, operation): what a node has once for IPv4 and once for IPv6. */
import type { AddressFamily, Environment, Id20 } from '@ferro/core';
import { ExternalAddress } from './external-address.ts';
import type { DhtOptions } from './options.ts';
import { Peers } from './peers.ts';
import { RoutingTable } from './routing-table.ts';

export class Network {
  readonly family: AddressFamily;
  readonly table: RoutingTable;
  readonly peers: Peers;
  readonly external: ExternalAddress;

  constructor(family: AddressFamily, id: Id20, environment: Environment, options: DhtOptions) {
    this.family = family;
    this.table = new RoutingTable(id, family, environment.now(), options);
    this.peers = new Peers(family, environment, options.peers === undefined ? {} : { max: options.peers });
    this.external = new ExternalAddress(family);
  }
}

export interface Networks {
  readonly 4: Network;
  readonly 6: Network;
}
