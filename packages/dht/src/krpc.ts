/**
 * The messages of the DHT (BEP 5, KRPC protocol; BEP 42, `ip`; BEP 43, `ro`). Written and read in the two files beside this.
 */
import type { BodyFields } from './krpc-body.ts';

export interface KrpcQuery {
  readonly type: 'query';
  readonly transaction: Uint8Array;
  /** `ping`, `find_node`, `get_peers`, `announce_peer`, `get`, `put`, `sample_infohashes`, or something unknown. */
  readonly method: string;
  readonly body: BodyFields;
  /** Whoever asks will not answer questions itself (BEP 43). */
  readonly readOnly?: boolean;
  readonly version?: Uint8Array | undefined;
}

export interface KrpcResponse {
  readonly type: 'response';
  readonly transaction: Uint8Array;
  readonly body: BodyFields;
  /** The compact address that the question came from (BEP 42, bootstrapping). */
  readonly address?: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
}

export interface KrpcError {
  readonly type: 'error';
  readonly transaction: Uint8Array;
  /** 201 generic, 202 server, 203 protocol, 204 method unknown; of BEP 44: 205, 206, 207, 301, 302. */
  readonly code: number;
  readonly message: string;
  readonly address?: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
}

export type KrpcMessage = KrpcQuery | KrpcResponse | KrpcError;

/** Whether a datagram that came to a shared port is meant for the DHT: no uTP packet and no answer of a tracker starts so. */
export function isKrpc(bytes: Uint8Array): boolean {
  const second = bytes[1];
  return bytes[0] === 100 && second !== undefined && second >= 48 && second <= 57 && bytes.at(-1) === 101;
}
