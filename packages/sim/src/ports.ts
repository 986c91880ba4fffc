/** The ports of one protocol on one machine: who has which, and which are free. */
import { type Address, type Endpoint, familyOf } from '@ferro/core';
import type { Random } from './random.ts';

const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_COUNT = 16_384;

export interface PortHolder {
  readonly at: Endpoint;
  port: number;
}

export class Ports<Holder extends PortHolder> {
  readonly #holders = new Map<number, Holder[]>();
  #nextFree: number;

  constructor(random: Random) {
    this.#nextFree = random.integer(EPHEMERAL_COUNT);
  }

  /** Gives the holder its port, any free one for 0. False: it is taken. */
  claim(holder: Holder): boolean {
    const { at } = holder;
    const port = at.port === 0 ? this.free() : at.port;
    if (port === undefined || !(port > 0 && port <= 65_535)) return false;
    const others = this.#holders.get(port) ?? [];
    if (others.some((other) => overlaps(other.at, at) && !(isShared(other.at) && isShared(at)))) return false;
    holder.port = port;
    this.#holders.set(port, [...others, holder]);
    return true;
  }

  release(holder: Holder): void {
    const left = (this.#holders.get(holder.port) ?? []).filter((other) => other !== holder);
    if (left.length === 0) this.#holders.delete(holder.port);
    else this.#holders.set(holder.port, left);
  }

  /** Who hears what is sent to this address: those of exactly this IP, or else those of every IP. */
  find(to: Address): readonly Holder[] {
    const all = this.#holders.get(to.port) ?? [];
    const exact = all.filter(({ at }) => at.ip === to.ip);
    return exact.length > 0 ? exact : all.filter(({ at }) => hearsAll(at, to.ip));
  }

  /** Everyone on the port, whatever its IP: for groups. */
  on(port: number): readonly Holder[] {
    return this.#holders.get(port) ?? [];
  }

  all(): readonly Holder[] {
    return [...this.#holders.values()].flat();
  }

  /** A port that nobody has. */
  free(): number | undefined {
    for (let tried = 0; tried < EPHEMERAL_COUNT; tried++) {
      const port = EPHEMERAL_FIRST + this.#nextFree;
      this.#nextFree = (this.#nextFree + 1) % EPHEMERAL_COUNT;
      if (!this.#holders.has(port)) return port;
    }
    return undefined;
  }
}

/** A group is there to be joined by many. */
function isShared(at: Endpoint): boolean {
  return at.share === true || at.group !== undefined;
}

/** `0.0.0.0` and `::` are the addresses of each family, no IP is those of both. */
function hearsAll(at: Endpoint, ip: string): boolean {
  return at.ip === undefined || at.ip === '::' || (at.ip === '0.0.0.0' && familyOf(ip) === 4);
}

function overlaps(a: Endpoint, b: Endpoint): boolean {
  return a.ip === b.ip || hearsAll(a, b.ip ?? '0.0.0.0') || hearsAll(b, a.ip ?? '0.0.0.0');
}
