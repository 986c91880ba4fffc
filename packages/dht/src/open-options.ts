/** What openDht() and its methods may be told, and how a store went. */
import type { Id20 } from '@ferro/core';
import type { LookupDone } from './events.ts';
import type { DhtOptions } from './options.ts';

export interface OpenDhtOptions extends DhtOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Default: every address, of both families. */
  readonly ip?: string;
  /** Nodes to enter the network by, as `host:port`. Default: the well-known routers. */
  readonly bootstrap?: readonly string[];
}

export interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends Cancellable {
  /** Makes the item mutable, signed with this key (BEP 44). */
  readonly secretKey?: Uint8Array;
  readonly salt?: Uint8Array | undefined;
  /** Default: one more than what is found, and only over that. */
  readonly seq?: bigint;
}

/** How a store in the network went. */
export interface Stored {
  readonly target: Id20;
  /** How many nodes keep it now. */
  readonly stored: number;
  /** What a node that would not keep it said. */
  readonly refused: LookupDone['refused'];
}

/** Sums up a store in one or both networks. */
export function storedOf(done: readonly LookupDone[]): Stored {
  const stored = done.reduce((sum, one) => sum + one.stored, 0);
  return { target: done[0]!.target, stored, refused: done.find(({ refused }) => refused !== undefined)?.refused };
}
