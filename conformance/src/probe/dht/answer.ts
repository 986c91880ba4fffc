/** What an answer says, taken out of it by the form that the text gives it. Another form is the target's fault: a finding. */
import { Finding, show } from '../../finding.ts';
import type { Endpoint } from '../../target/target.ts';
import { readCompact } from '../endpoint.ts';
import { type Contact, readContacts } from './contacts.ts';
import type { Message } from './krpc.ts';

/** A string of the answer. */
export function bytesIn({ body }: Message, key: string): Uint8Array {
  const value = body.get(key);
  if (value instanceof Uint8Array) return value;
  throw new Finding(`${key} in the answer`, 'a string', value === undefined ? 'nothing' : show(value));
}

/** An integer of the answer. */
export function integerIn({ body }: Message, key: string): number | bigint {
  const value = body.get(key);
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  throw new Finding(`${key} in the answer`, 'an integer', value === undefined ? 'nothing' : show(value));
}

/** The nodes of the answer, none if the key is not there. */
export function nodesIn(message: Message, key: 'nodes' | 'nodes6' = 'nodes'): readonly Contact[] {
  if (!message.body.has(key)) return [];
  const stride = key === 'nodes' ? 26 : 38;
  const bytes = bytesIn(message, key);
  if (bytes.length % stride !== 0) throw new Finding(`length of ${key}`, `a multiple of ${stride}`, `${bytes.length}`);
  return readContacts(bytes, stride);
}

/** Each value as it came; none if the key is not there. */
export function rawValuesIn({ body }: Message): readonly Uint8Array[] {
  const values = body.get('values');
  if (values === undefined) return [];
  const list = Array.isArray(values) ? (values as readonly unknown[]) : undefined;
  if (list?.every((each) => each instanceof Uint8Array) === true) return list as readonly Uint8Array[];
  throw new Finding('values in the answer', 'a list of strings', show(values));
}

/** The peers of the answer. */
export function peersIn(message: Message): readonly Endpoint[] {
  return rawValuesIn(message).flatMap((each) => {
    if (each.length !== 6 && each.length !== 18) throw new Finding('a value', '6 or 18 bytes', show(each));
    return readCompact(each, each.length);
  });
}
