/** What a node remembers from one run to the next (BEP 5: the routing table should be saved): its ids and its good nodes. */
import { bytesAt, decode, encode } from '@ferro/bencode';
import { concatBytes, Id20, ProtocolError } from '@ferro/core';
import { type Contact, decodeContacts, encodeContact } from './contact.ts';
import { limits } from './limits.ts';

export interface Snapshot {
  readonly id4: Id20;
  readonly id6: Id20;
  /** Nodes of both families. */
  readonly contacts: readonly Contact[];
}

export function encodeSnapshot({ id4, id6, contacts }: Snapshot): Uint8Array {
  const of = (family: 4 | 6) => {
    const chosen = contacts.filter(({ address }) => address.ip.includes(':') === (family === 6));
    return concatBytes(chosen.slice(0, limits.savedNodes).map(encodeContact));
  };
  return encode({ id4: id4.bytes, id6: id6.bytes, nodes: of(4), nodes6: of(6) });
}

/** Throws a ProtocolError if the bytes are no snapshot. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const value = decodeOrRefuse(bytes);
  const id = (key: string) => {
    const id = bytesAt(value, key);
    if (id?.length !== 20) throw notOne(`${key} is missing`);
    return Id20.from(id);
  };
  const contacts = (key: string, family: 4 | 6) =>
    decodeContacts(bytesAt(value, key) ?? new Uint8Array(0), family, limits.savedNodes);
  return { id4: id('id4'), id6: id('id6'), contacts: [...contacts('nodes', 4), ...contacts('nodes6', 6)] };
}

function decodeOrRefuse(bytes: Uint8Array): ReturnType<typeof decode> {
  try {
    return decode(bytes);
  } catch {
    throw notOne('it is not bencode');
  }
}

function notOne(what: string): ProtocolError {
  return new ProtocolError('dht/bad-snapshot', 'BEP 5, routing table', `the bytes are no snapshot of a node: ${what}`);
}
