/**
 * Where swarms are kept: the interface between a tracker and its store. Answers come by callback, so that a store in memory
 * answers before announce() returns and one on another machine when it can. A store knows nothing of protocols.
 */

/** What a peer does: it downloads, it has chosen to download no more (BEP 21, paused), it has everything, or it is gone. */
export const roles = { leecher: 0, paused: 1, seeder: 2, gone: 3 } as const;
export type Role = (typeof roles)[keyof typeof roles];

/** Borrowed by the store until its announce() returns: the tracker uses one object for all questions. */
export interface StoreAnnounce {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** IP address and port, 6 or 18 bytes: who a peer is. Nobody can speak for another address. */
  readonly address: Uint8Array;
  readonly role: Role;
  /** It has just become a seeder: counted once. */
  readonly completed: boolean;
  /** False: answered, but not remembered (it has no port that could be dialled). */
  readonly listed: boolean;
  /** How many peers it wants at most. */
  readonly want: number;
  /** Peers of its own family first, and then, if it can tell them apart, of the other. */
  readonly bothFamilies: boolean;
}

export interface SwarmCounts {
  readonly seeders: number;
  /** Those that still download. */
  readonly leechers: number;
  /** Those that have chosen to download no more (BEP 21). */
  readonly paused: number;
  /** Downloads ever completed while the swarm was known. */
  readonly completed: number;
}

/** Borrowed by the tracker until its callback returns. */
export interface StoreAnswer extends SwarmCounts {
  readonly type: 'answer';
  /** Compact addresses, 6 bytes each. */
  readonly peers: Uint8Array;
  /** Compact addresses, 18 bytes each. */
  readonly peers6: Uint8Array;
  /** The peer was not recorded, because its address, or the store, has too many. */
  readonly full: boolean;
}

/** The store cannot be asked now. The reason is for the log, not for clients. */
export interface StoreFailure {
  readonly type: 'failed';
  readonly reason: string;
}

/** What the store holds; undefined where it would cost too much to know. */
export interface StoreTotals {
  readonly swarms: number | undefined;
  readonly seeders: number | undefined;
  readonly leechers: number | undefined;
}

export interface SwarmStore {
  announce(announce: StoreAnnounce, done: (answer: StoreAnswer | StoreFailure) => void): void;
  /** `count` hashes of 20 bytes each; borrowed until the call returns. One count for each, in their order. */
  scrape(infoHashes: Uint8Array, count: number, done: (counts: readonly SwarmCounts[] | StoreFailure) => void): void;
  totals(): StoreTotals;
  close(): void;
}
