/**
 * A router with one public IPv4 address in front of private ones (RFC 4787 in its words: mapping and filtering). A cone maps an
 * inside endpoint to one public port whatever the destination; a symmetric one takes another port for each destination.
 * Connections from outside pass only where a port is forwarded. Mappings of streams are not forgotten while a stream lives.
 */
import { type Address, formatAddress, type Instant } from '@ferro/core';
import { limits } from './limits.ts';
import type { Random } from './random.ts';

export interface NatModel {
  readonly type: 'cone' | 'symmetric';
  /**
   * Who may send in through a mapping: anyone, those IPs that were sent to, or those IPs and ports. Default: `endpoint`, the
   * strictest, as most routers.
   */
  readonly filtering?: 'any' | 'ip' | 'endpoint';
  /** How long a mapping lives after it was last sent through. Default: two minutes. */
  readonly mappingMs?: number;
}

export type Transport = 'tcp' | 'udp';

interface Mapping {
  readonly key: string;
  readonly inside: Address;
  readonly port: number;
  /** Until when each destination, as far as the filter looks at it, may answer. */
  readonly permitted: Map<string, Instant>;
  expires: Instant;
}

const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;

export class Nat {
  readonly ip: string;
  readonly model: NatModel;
  readonly #byKey = new Map<string, Mapping>();
  readonly #byPort = new Map<string, Mapping>();
  readonly #forwards = new Map<string, Address>();
  #nextPort: number;

  constructor(ip: string, model: NatModel, random: Random) {
    this.ip = ip;
    this.model = model;
    this.#nextPort = random.integer(PORTS);
  }

  /** Opens a public port to a host inside, for both protocols, as a user or UPnP does. */
  forward(port: number, to: Address): void {
    for (const transport of ['tcp', 'udp'] as const) this.#forwards.set(`${transport} ${port}`, to);
  }

  /** Something goes out: the public port it seems to come from. Undefined: all ports are taken. */
  outbound(transport: Transport, from: Address, to: Address, now: Instant): number | undefined {
    const forwarded = this.#forwardedPort(transport, from);
    if (forwarded !== undefined) return forwarded;
    const apart = this.model.type === 'symmetric' ? ` ${formatAddress(to)}` : '';
    const key = `${transport} ${formatAddress(from)}${apart}`;
    let mapping = this.#byKey.get(key);
    if (mapping === undefined || mapping.expires <= now) {
      if (mapping !== undefined) this.#forget(mapping, transport);
      const port = this.#freePort(transport, now);
      if (port === undefined) return undefined;
      mapping = { key, inside: from, port, permitted: new Map(), expires: now };
      this.#byKey.set(key, mapping);
      this.#byPort.set(`${transport} ${port}`, mapping);
    }
    mapping.expires = now + (this.model.mappingMs ?? limits.mappingMs);
    this.#permit(mapping, to, now);
    return mapping.port;
  }

  /** Something comes in to a public port: where it goes, or undefined if it is dropped. */
  inbound(transport: Transport, port: number, from: Address, now: Instant): Address | undefined {
    const forward = this.#forwards.get(`${transport} ${port}`);
    if (forward !== undefined) return forward;
    const mapping = this.#byPort.get(`${transport} ${port}`);
    if (mapping === undefined || transport === 'tcp') return undefined;
    return (mapping.permitted.get(this.#filterKey(from)) ?? 0) > now ? mapping.inside : undefined;
  }

  #forwardedPort(transport: Transport, from: Address): number | undefined {
    for (const [key, to] of this.#forwards) {
      if (to.ip === from.ip && to.port === from.port && key.startsWith(transport)) return Number(key.split(' ')[1]);
    }
    return undefined;
  }

  #permit(mapping: Mapping, to: Address, now: Instant): void {
    const key = this.#filterKey(to);
    mapping.permitted.delete(key);
    mapping.permitted.set(key, mapping.expires);
    // The oldest come first, so what has run out goes without a look at the rest.
    for (const [old, until] of mapping.permitted) {
      if (until > now) break;
      mapping.permitted.delete(old);
    }
  }

  #filterKey(address: Address): string {
    const { filtering = 'endpoint' } = this.model;
    if (filtering === 'any') return '';
    return filtering === 'ip' ? address.ip : formatAddress(address);
  }

  #freePort(transport: Transport, now: Instant): number | undefined {
    for (let tried = 0; tried < PORTS; tried++) {
      const port = FIRST_PORT + this.#nextPort;
      this.#nextPort = (this.#nextPort + 1) % PORTS;
      const key = `${transport} ${port}`;
      const old = this.#byPort.get(key);
      if (this.#forwards.has(key) || (old !== undefined && old.expires > now)) continue;
      if (old !== undefined) this.#forget(old, transport);
      return port;
    }
    return undefined;
  }

  #forget(mapping: Mapping, transport: Transport): void {
    this.#byKey.delete(mapping.key);
    this.#byPort.delete(`${transport} ${mapping.port}`);
  }
}
