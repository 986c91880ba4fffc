/** What the reference asks by itself (BEP 5): pings whoever might be a node, and looks for its neighbours when it starts. */
import { randomBytes } from 'node:crypto';
import { type Contact, readContacts, sameEndpoint } from '../../probe/dht/contacts.ts';
import { compareDistance } from '../../probe/dht/ids.ts';
import { asBytes, hex, type Message, writeQuery } from '../../probe/dht/krpc.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Has } from './bugs.ts';

interface Asked {
  readonly to: Endpoint;
  readonly answered: (message: Message, id: Uint8Array) => void;
}

/** How many of the nearest are asked. */
const width = 8;

export class Asker {
  readonly #asked = new Map<string, Asked>();
  readonly #id: () => Uint8Array;
  readonly #send: (bytes: Uint8Array, to: Endpoint) => void;
  readonly #add: (contact: Contact) => void;
  readonly #die: () => void;
  readonly #has: Has;
  readonly #readOnly: boolean;
  #candidates: Contact[] = [];
  #visited = new Set<string>();

  constructor(parts: {
    readonly id: () => Uint8Array;
    readonly send: (bytes: Uint8Array, to: Endpoint) => void;
    readonly add: (contact: Contact) => void;
    readonly die: () => void;
    readonly has: Has;
    readonly readOnly: boolean;
  }) {
    this.#id = parts.id;
    this.#send = parts.send;
    this.#add = parts.add;
    this.#die = parts.die;
    this.#has = parts.has;
    this.#readOnly = parts.readOnly;
  }

  /** Whoever answers becomes a node of the table. */
  ping(at: Endpoint): void {
    if ([...this.#asked.values()].some(({ to }) => sameEndpoint(to, at))) return;
    this.#ask(at, 'ping', {}, (_message, id) => this.#add({ id, at }));
  }

  /** Looks for its own neighbours, from this node on. */
  bootstrap(at: Endpoint): void {
    if (this.#has('never-bootstraps')) return;
    this.#findNode(at);
  }

  hear(message: Message, from: Endpoint): void {
    const id = asBytes(message.body.get('id'));
    const key = message.transaction === undefined ? '' : hex(message.transaction);
    const asked = this.#asked.get(key);
    if (id?.length !== 20) return;
    if (asked === undefined) {
      if (this.#has('believes-unasked-answers')) this.#add({ id, at: from });
      return;
    }
    if (!sameEndpoint(asked.to, from) && !this.#has('any-source')) return;
    this.#asked.delete(key);
    if (!sameEndpoint(asked.to, from)) this.#add({ id, at: from });
    else asked.answered(message, id);
  }

  #findNode(at: Endpoint): void {
    this.#visited.add(`${at.ip} ${at.port}`);
    this.#ask(at, 'find_node', { target: this.#id() }, (message, id) => {
      this.#add({ id, at });
      if (!this.#has('stops-after-first-answer') || this.#visited.size === 1) this.#follow(message);
    });
  }

  #follow(message: Message): void {
    const nodes = asBytes(message.body.get('nodes')) ?? new Uint8Array(0);
    if (nodes.length % 26 !== 0) {
      if (this.#has('dies-of-odd-nodes')) this.#die();
      return;
    }
    const contacts = readContacts(nodes);
    if (contacts.some(({ at }) => at.port === 0) && this.#has('dies-of-port-zero')) return this.#die();
    const known = new Set(this.#candidates.map(({ id }) => hex(id)));
    const usable = contacts.filter(
      ({ id, at }) => at.port > 0 && !known.has(hex(id)) && Number.parseInt(at.ip, 10) < 224,
    );
    this.#candidates = [...this.#candidates, ...usable].sort((a, b) => compareDistance(this.#id(), a.id, b.id));
    for (const { at } of this.#candidates.slice(0, width)) {
      if (!this.#visited.has(`${at.ip} ${at.port}`)) this.#findNode(at);
    }
  }

  #ask(to: Endpoint, method: string, body: Readonly<Record<string, Uint8Array>>, answered: Asked['answered']): void {
    const transaction = new Uint8Array(randomBytes(4));
    this.#asked.set(hex(transaction), { to, answered });
    const ro = this.#readOnly ? { ro: 1 } : {};
    const inside = this.#has('ro-among-arguments');
    const fields = { id: this.#id(), ...body, ...(inside && ro) };
    this.#send(writeQuery(transaction, method, fields, inside ? {} : ro), to);
  }
}
