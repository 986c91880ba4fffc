/** The messages of the holepunch extension (BEP 55), raw. */
import type { Endpoint } from '../../target/target.ts';
import { ipBytes, readCompact, writeCompact } from '../endpoint.ts';
import { ids, message, numberAt, uint32 } from './messages.ts';

export const punches = { rendezvous: 0, connect: 1, error: 2 } as const;
export const punchErrors = { noSuchPeer: 1, notConnected: 2, noSupport: 3, noSelf: 4 } as const;

export interface Punch {
  readonly type: number;
  readonly at: Endpoint;
  readonly error: number;
}

export function writePunch(id: number, { type, at, error = 0 }: Omit<Punch, 'error'> & Partial<Punch>): Uint8Array {
  const family = ipBytes(at.ip).length === 4 ? 0 : 1;
  return message(ids.extended, Uint8Array.of(id, type, family), writeCompact(at), uint32(error));
}

/** Of the payload of an extended message, behind its id; undefined where it is too short. Deployed programs leave out an error of 0. */
export function readPunch(payload: Uint8Array): Punch | undefined {
  const stride = payload[1] === 1 ? 18 : 6;
  const at = readCompact(payload.subarray(2, 2 + stride), stride)[0];
  if (at === undefined || (payload[1] ?? 2) > 1) return undefined;
  const rest = payload.subarray(2 + stride);
  return { type: payload[0]!, at, error: rest.length >= 4 ? numberAt(rest, 0) : 0 };
}
