/**
 * Connections by address and connection id (BEP 29, connection_id). Looked up for each packet: by one number made of port and id,
 * then by the IP address among the few that share it. Packets come in runs, so the last one found is tried first.
 */
import type { Address } from '@ferro/core';
import type { Connection } from './connection.ts';

export class ConnectionTable {
  readonly #byKey = new Map<number, Connection[]>();
  #last: Connection | undefined;
  size = 0;

  find(address: Address, id: number): Connection | undefined {
    const last = this.#last;
    if (last !== undefined && last.receiveId === id && isAt(last, address)) return last;
    const alike = this.#byKey.get(keyOf(address, id));
    if (alike === undefined) return undefined;
    for (let i = 0; i < alike.length; i++) {
      if (isAt(alike[i]!, address)) return (this.#last = alike[i]);
    }
    return undefined;
  }

  add(connection: Connection): void {
    const key = keyOf(connection.remote, connection.receiveId);
    const alike = this.#byKey.get(key);
    if (alike === undefined) this.#byKey.set(key, [connection]);
    else alike.push(connection);
    this.size++;
  }

  delete(connection: Connection): void {
    const key = keyOf(connection.remote, connection.receiveId);
    const alike = this.#byKey.get(key);
    const place = alike?.indexOf(connection) ?? -1;
    if (alike === undefined || place === -1) return;
    if (alike.length === 1) this.#byKey.delete(key);
    else alike.splice(place, 1);
    if (this.#last === connection) this.#last = undefined;
    this.size--;
  }
}

function isAt(connection: Connection, address: Address): boolean {
  return connection.remote.port === address.port && connection.remote.ip === address.ip;
}

function keyOf(address: Address, id: number): number {
  return (address.port << 16) | id;
}
