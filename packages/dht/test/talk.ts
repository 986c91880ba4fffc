/** A conversation with one core, datagram by datagram, at a time that the test sets. */
import { type Address, concatBytes, type Environment, Id20, utf8 } from '@ferro/core';
import {
  type BodyFields,
  type Contact,
  Dht,
  type DhtEvent,
  type DhtOptions,
  decodeKrpc,
  encodeContact,
  encodeKrpc,
  type KrpcMessage,
  type KrpcQuery,
} from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

export interface Sent {
  readonly message: KrpcMessage;
  readonly length: number;
  readonly to: Address;
}

/** A node of a local network; its id begins with `first`. */
export function local(first: number, number = 1, port = 6881): Contact {
  const bytes = new Uint8Array(20).fill(first);
  bytes[19] = number;
  return { id: Id20.from(bytes), address: { ip: `10.0.${first}.${number}`, port } };
}

export const compact = (contacts: readonly Contact[]) => concatBytes(contacts.map(encodeContact));

export class Talk {
  now = 0;
  readonly dht: Dht;
  readonly events: DhtEvent[] = [];
  #asked = 0;

  constructor(options: Omit<DhtOptions, 'id'> & { readonly id?: Id20 | undefined } = {}, seed = 1) {
    const network = new MemoryNetwork(seed);
    const environment: Environment = { now: () => this.now, random: network.environment.random };
    const { id = Id20.from('ff'.repeat(20)), ...rest } = options;
    this.dht = new Dht(environment, 'id' in options && options.id === undefined ? rest : { id, ...rest });
  }

  /** Hands a datagram in, and returns what comes out. */
  receive(bytes: Uint8Array, from: Address): Sent[] {
    this.events.push(...this.dht.receive({ bytes, address: from }));
    return this.sent();
  }

  sent(): Sent[] {
    return this.dht
      .flush()
      .map(({ bytes, address }) => ({ message: decodeKrpc(bytes), length: bytes.length, to: address }));
  }

  /** Time passes; whatever falls due happens on the way. */
  wait(milliseconds: number): Sent[] {
    const end = this.now + milliseconds;
    const sent: Sent[] = [];
    for (let due = this.dht.deadline; due <= end; due = this.dht.deadline) {
      this.now = Math.max(this.now, due);
      this.events.push(...this.dht.tick());
      sent.push(...this.sent());
    }
    this.now = end;
    return sent;
  }

  /** Asks as another node would, and returns the answer; what we are asked in return is left out. */
  ask(
    method: string,
    body: BodyFields,
    options: { from?: Contact; readOnly?: boolean; transaction?: Uint8Array } = {},
  ) {
    const { from = local(1), readOnly = false, transaction = utf8(`t${this.#asked++}`) } = options;
    const bytes = encodeKrpc({ type: 'query', transaction, method, body: { id: from.id.bytes, ...body }, readOnly });
    const sent = this.receive(bytes, from.address);
    const answer = sent.find(({ message }) => message.type !== 'query');
    return (
      answer && { ...answer, question: bytes.length, asked: sent.filter(({ message }) => message.type === 'query') }
    );
  }

  /** The body of the answer; fails if there is none. */
  body(method: string, body: BodyFields, from?: Contact): BodyFields {
    const answer = this.ask(method, body, from === undefined ? {} : { from });
    if (answer?.message.type !== 'response') throw new Error(`no answer but ${JSON.stringify(answer?.message)}`);
    return answer.message.body;
  }

  /** The code of the error that comes back; undefined if it is none. */
  error(method: string, body: BodyFields, from?: Contact): number | undefined {
    const answer = this.ask(method, body, from === undefined ? {} : { from });
    return answer?.message.type === 'error' ? answer.message.code : undefined;
  }

  /** Answers a question that we were asked. */
  reply(query: Sent, id: Id20, body: BodyFields = {}, options: { from?: Address; address?: Uint8Array } = {}): Sent[] {
    const { transaction } = query.message as KrpcQuery;
    const message = {
      type: 'response',
      transaction,
      body: { id: id.bytes, ...body },
      address: options.address,
    } as const;
    return this.receive(encodeKrpc(message), options.from ?? query.to);
  }

  /** Makes nodes known: each asks us, is pinged, and answers. */
  meet(...contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      const answer = this.ask('ping', {}, { from: contact });
      for (const query of answer?.asked ?? []) this.reply(query, contact.id);
    }
  }

  /** Reasons of ignored datagrams. */
  get ignored(): string[] {
    return this.events.flatMap((event) => (event.type === 'ignored' ? event.reason.code : []));
  }
}
