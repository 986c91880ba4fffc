/** What is judged: addresses that it answers at, and, for clients, a way to start it on a torrent. */
import type { Role } from '../catalogue.ts';
import type { Fits } from './info-hashes.ts';
import type { Use } from './tool.ts';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface HttpEndpoint extends Endpoint {
  /** As the URL names it: what goes into the Host header. */
  readonly host: string;
  /** With the query, if it has one: `/announce?passkey=1`. */
  readonly path: string;
}

/** One member a kind of conversation; a case says which it needs, and a target without it is not asked. */
export interface Endpoints {
  readonly http?: HttpEndpoint;
  readonly http6?: HttpEndpoint;
  readonly udp?: Endpoint;
  readonly udp6?: Endpoint;
  readonly dht?: Endpoint;
  readonly dht6?: Endpoint;
  readonly utp?: Endpoint;
}

/** What a client is started with. Paths are absolute, and the folder is fresh. */
export interface Job {
  readonly role: Role;
  readonly torrent?: string;
  /** Another torrent that it has at the same time, its data in the same folder. */
  readonly also?: string;
  readonly magnet?: string;
  /** Where the data is (seeder) or shall be (leecher). */
  readonly folder: string;
  readonly port: number;
  readonly tracker?: string;
  readonly bootstrap?: string;
  /** A DHT node that is to ask and not to answer (BEP 43). */
  readonly readOnly?: true;
}

/** What a program is run for to its end, with words for its command line: a value of the DHT fetched or stored (BEP 44), an id made (BEP 42). */
export type Errand = 'get' | 'put' | 'node-id';

/** What a torrent is to be made of. Paths are absolute. */
export interface Order {
  /** A file or a folder. */
  readonly path: string;
  /** The torrent file that shall be there afterwards. */
  readonly out: string;
  readonly pieceLength: number;
  readonly trackers: readonly [string, string];
  readonly webSeed: string;
  /** What is asked for beside that; each is a name that a manifest gives words for. */
  readonly wishes: readonly Wish[];
}

export type Wish = 'private' | 'tiers' | 'v2' | 'hybrid' | 'aligned' | 'web-seed';

export interface Running {
  /** Where it takes peers, once it does. */
  readonly at: Endpoint;
  /** Fulfilled when the program ends, with how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Target {
  readonly name: string;
  readonly version?: string;
  readonly endpoints: Endpoints;
  /** One of its addresses is public, which the user has allowed. */
  readonly isPublic?: boolean;
  /** The roles that `launch` can start it in. */
  readonly roles: readonly Role[];
  /** Ids or families (`bep6.*`) that it says it does not support, with its reason. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Milliseconds that an answer may take, where it says that it needs more than what was measured. */
  readonly replyMs?: number;
  launch?(job: Job): Promise<Running>;
  /** Reads a torrent file, by its absolute path, and says what is in it. */
  read?(torrent: string): Promise<Use>;
  make?(order: Order): Promise<Use>;
  readonly errands?: readonly Errand[];
  run?(errand: Errand, words: Readonly<Record<string, string>>): Promise<Use>;
  /** Only targets with a clock of their own (our reference) let time pass at once. */
  advance?(ms: number): void;
  /** Where it serves only the info-hashes of a list: one of those, each once. */
  takeInfoHash?(fits: Fits): Uint8Array;
  /** Brings it back after a crash. */
  restart?(): Promise<void>;
  close(): Promise<void>;
}

/** A role was asked for that it does not play: said by exit code 89 or `{"unsupported":true}`. */
export class UnsupportedRole extends Error {}
