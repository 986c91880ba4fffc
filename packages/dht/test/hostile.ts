/**
 * A node that plays along and gives nothing: pings are answered, whoever looks for something is sent to other hostile nodes
 * nearest to the target, what is stored is thrown away. All hostile nodes know each other.
 */
import { type Address, concatBytes, type Datagram, type DatagramCore, encodeCompact, type Id20 } from '@ferro/core';
import { type Contact, compareDistance, decodeKrpc, encodeContact, encodeKrpc } from '@ferro/dht';

export class HostileNode implements DatagramCore<never> {
  readonly contact: Contact;
  readonly #gang: readonly HostileNode[];
  readonly #compact: Uint8Array;
  #out: Datagram[] = [];
  readonly deadline = Number.POSITIVE_INFINITY;

  constructor(id: Id20, address: Address, gang: readonly HostileNode[]) {
    this.contact = { id, address };
    this.#gang = gang;
    this.#compact = encodeContact(this.contact);
  }

  receive({ bytes, address }: Datagram): readonly never[] {
    const message = decodeKrpc(bytes);
    if (message.type !== 'query') return [];
    const target = message.body.target ?? message.body.infoHash;
    const nodes = target === undefined || message.method === 'announce_peer' ? undefined : this.#friends(target);
    const token = nodes && new Uint8Array(8);
    const { transaction } = message;
    const body = { id: this.contact.id.bytes, nodes, token };
    const answer = { type: 'response', transaction, body, address: encodeCompact(address) } as const;
    this.#out.push({ bytes: encodeKrpc(answer), address });
    return [];
  }

  /** Asks for a place in the tables of honest nodes, as any node does. */
  meet(others: readonly Address[]): void {
    const transaction = Uint8Array.of(1, 2);
    const { id } = this.contact;
    for (const address of others) {
      const query = {
        type: 'query',
        transaction,
        method: 'find_node',
        body: { id: id.bytes, target: id.bytes },
      } as const;
      this.#out.push({ bytes: encodeKrpc(query), address });
    }
  }

  tick(): readonly never[] {
    return [];
  }

  flush(): readonly Datagram[] {
    return this.#out.splice(0);
  }

  #friends(target: Uint8Array): Uint8Array {
    const best: HostileNode[] = [];
    for (const node of this.#gang) {
      let place = best.length;
      while (place > 0 && compareDistance(target, node.contact.id.bytes, best[place - 1]!.contact.id.bytes) < 0)
        place--;
      if (place < 8) best.splice(place, 0, node);
      if (best.length > 8) best.pop();
    }
    return concatBytes(best.map((node) => node.#compact));
  }
}
