/** The reference's routing table of one family (BEP 5, routing table): eight nodes a distance, only those that have answered. */
import { type Contact, sameEndpoint } from '../../probe/dht/contacts.ts';
import { compareDistance, sharedBits } from '../../probe/dht/ids.ts';
import { sameBytes } from '../../probe/dht/krpc.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Has } from './bugs.ts';

const bucketSize = 8;
/** Nodes at one address: some machines run several. */
const perAddress = 8;

export class Table {
  /** Oldest first. */
  contacts: Contact[] = [];
  readonly #own: Uint8Array;
  readonly #has: Has;

  constructor(own: Uint8Array, has: Has) {
    this.#own = own;
    this.#has = has;
  }

  knows({ id, at }: Contact): boolean {
    return this.contacts.some((each) => sameBytes(each.id, id) && sameEndpoint(each.at, at));
  }

  hasRoomAt({ ip }: Endpoint): boolean {
    return this.#has('sybil') || this.contacts.filter((each) => each.at.ip === ip).length < perAddress;
  }

  /** Takes a node that has answered. */
  add(contact: Contact): void {
    if (this.#has('never-adds') || sameBytes(contact.id, this.#own)) return;
    if (!this.#has('keeps-changed-ids')) {
      this.contacts = this.contacts.filter(({ id, at }) => sameBytes(id, contact.id) || !sameEndpoint(at, contact.at));
    }
    if (this.contacts.some(({ id }) => sameBytes(id, contact.id)) || !this.hasRoomAt(contact.at)) return;
    const depth = sharedBits(this.#own, contact.id);
    const bucket = this.contacts.filter(({ id }) => sharedBits(this.#own, id) === depth);
    if (bucket.length >= bucketSize) {
      if (!this.#has('evicts-good-nodes')) return;
      this.contacts = this.contacts.filter((each) => each !== bucket[0]);
    }
    this.contacts.push(contact);
  }

  closest(target: Uint8Array): readonly Contact[] {
    const sorted = this.contacts.toSorted((a, b) => compareDistance(target, a.id, b.id));
    if (this.#has('arbitrary-nodes')) sorted.reverse();
    const wanted = this.#has('omits-the-target') ? sorted.filter(({ id }) => !sameBytes(id, target)) : sorted;
    return wanted.slice(0, bucketSize);
  }
}
