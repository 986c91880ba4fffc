/** What a scenario is: who may do what, what is played, and how it is judged. */
import type { PayloadName } from './payload.ts';
import type { Ability, Always, Implementation } from './registry.ts';
import type { Actor } from './stage.ts';
import type { Facts } from './wire/facts.ts';

/** What programs may use, and nothing else: each entry point turns on what is named and turns off the rest. */
export type Word = 'tcp' | 'utp' | 'tracker' | 'dht' | 'pex' | 'lsd' | 'web-seed' | 'encryption' | 'ipv6';

export interface Check {
  readonly rule: string;
  readonly good: boolean;
  readonly detail?: string;
}

/** The table that a scenario belongs to: seeder × leecher, one seeder × all, leecher alone, tracker × client, or tracker × all. */
export type Shape = 'pair' | 'swarm' | 'leecher' | 'tracker' | 'crowd';

export const isCrowd = (shape: Shape): boolean => shape === 'swarm' || shape === 'crowd';
export const ofTrackers = (shape: Shape): boolean => shape === 'tracker' || shape === 'crowd';

export interface Scenario {
  readonly name: string;
  /** One or two letters for the table. */
  readonly code: string;
  readonly title: string;
  readonly shape: Shape;
  readonly needs: readonly Ability[];
  readonly use: readonly Word[];
  /** What it is there to do without: two that both cannot be told so have no such cell. */
  readonly without?: readonly Always[];
  readonly payload: PayloadName;
  /** What the torrent file or link says. None: it names no tracker. */
  readonly tracker: 'opentracker' | 'scripted' | 'tested' | 'none';
  readonly source: 'torrent' | 'magnet';
  /** The link names the seeder (BEP 9, x.pe). */
  readonly namesSeeder?: boolean;
  /** A web server holds the data. */
  readonly webSeed?: boolean;
  readonly seconds: number;
  readonly play: (play: Play) => Promise<void>;
  readonly judge: (evidence: Evidence) => readonly Check[];
}

export interface PeerOptions {
  /** KiB a second that it gives away at most. */
  readonly upRate?: number;
  /** Another implementation than the cell's. */
  readonly by?: Implementation;
  /** The same program again, with what it left on the disk. */
  readonly again?: Actor;
  /** More than one of a kind. */
  readonly name?: string;
}

/** What a scenario may do. */
export interface Play {
  /** Starts it and waits until it is ready. */
  seeder(options?: PeerOptions): Promise<Actor>;
  leecher(options?: PeerOptions): Promise<Actor>;
  /** One of our scripted programs, until it says that it is ready. */
  script(name: string, environment: Readonly<Record<string, string>>): Promise<Actor>;
  /** The first node of the DHT: one that knows nobody, or ferro's. */
  node(kind?: 'node' | 'ferro'): Promise<Actor>;
  webServer(): Promise<Actor>;
  kill(actor: Actor): Promise<void>;
  /** Waits until so many bytes went over the network since the capture began. */
  seen(bytes: number): Promise<void>;
  /** Waits until somebody has announced itself in the DHT, or should have long ago. */
  announced(): Promise<void>;
  /** Waits until a leecher has ended with 0. */
  done(leecher: Actor): Promise<void>;
  readonly everybody: readonly Implementation[];
  readonly place: (name: PlaceName) => { readonly ip: string; readonly ip6: string };
  readonly length: number;
  readonly pieces: number;
}

export const PLACES = { tracker: 2, seeder: 3, leecher: 4, corruptor: 5, slow: 6, hub: 7, web: 8, node: 9 } as const;
export type PlaceName = keyof typeof PLACES;

export interface Evidence {
  readonly scenario: Scenario;
  readonly facts: Facts;
  /** Everybody that took part, in the order of their start. */
  readonly actors: readonly Actor[];
  /** What is wrong with the files of each leecher. */
  readonly wrong: ReadonlyMap<string, readonly string[]>;
  readonly place: (name: PlaceName) => { readonly ip: string; readonly ip6: string };
  /** What peers of this cell use with each other whatever they are told. */
  readonly always: readonly Always[];
  /** Bytes of the payload, and with all the padding that some transfer and others do not. */
  readonly length: number;
  readonly paddedLength: number;
  readonly infoHashes: readonly string[];
  /** Packets that the capture lacks. */
  readonly dropped: number;
}
