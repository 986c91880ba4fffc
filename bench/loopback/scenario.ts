/** What one run of the loopback bench is about, and how its processes are told: one JSON argument. */
import type { StorageLayout } from '@ferro/core';

/** Where the pieces go. */
export type SinkName =
  /** The storage of the Node host: shared slots, one worker job that hashes and writes. */
  | 'storage'
  /** A bare worker that does the same, without a storage around it: shared memory, or buffers that go there and back. */
  | 'shared'
  | 'transfer'
  /** The worker hashes, the main side writes with the thread pool. */
  | 'split'
  /** No worker at all. */
  | 'main';

export interface Scenario {
  /** A folder on a memory file system, with the payload in it. */
  readonly folder: string;
  readonly length: number;
  readonly pieceLength: number;
  /** SHA-1 of each piece, in hexadecimal. */
  readonly sha1: string;
  readonly connections: number;
  /** Requests that wait at each peer. */
  readonly pipeline: number;
  /** Bytes of all slots together. */
  readonly budget: number;
  readonly sink: SinkName;
  /** `connect`: the receiver connects, and reads with onread. `accept`: it is connected to, and reads data events. */
  readonly read: 'connect' | 'accept';
  /** Accepted sockets read into the shared buffer too. */
  readonly buffered: boolean;
  /** How fragments get into slots: by the host, or as the language does it. */
  readonly copy: 'host' | 'set';
  /** Of whoever listens; the other process is told it. */
  readonly port: number;
}

export const PAYLOAD = 'payload';
export const OUTPUT = 'output';

export function readScenario(): Scenario {
  return JSON.parse(process.argv[2] ?? '{}') as Scenario;
}

export function layoutOf(scenario: Scenario, name: string): StorageLayout {
  return {
    root: scenario.folder,
    pieceLength: scenario.pieceLength,
    files: [{ path: [name], length: scenario.length }],
    sha1: Uint8Array.from(Buffer.from(scenario.sha1, 'hex')),
  };
}
