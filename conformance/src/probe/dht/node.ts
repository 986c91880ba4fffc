/** A node of the suite's: asks like any other link, and answers what the target asks, as a case wants it to. */
import type { Context } from '../../context.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Heard } from '../datagrams.ts';
import { writeCompact } from '../endpoint.ts';
import { type Contact, writeContacts } from './contacts.ts';
import { asBytes, type Fields, type Message, readMessage, writeQuery, writeResponse } from './krpc.ts';
import { type Dht, type DhtLink, version } from './probe.ts';

/** How many times longer than for an answer we wait for something that the target does by itself. */
const initiative = 5;

export interface NodeOptions {
  readonly id?: Uint8Array;
  readonly ip?: string;
  /** Never answers. */
  readonly mute?: true;
  /** The nodes that it names for a target. */
  readonly names?: (target: Uint8Array) => readonly Contact[] | Uint8Array;
  /** The peers that it names. */
  readonly values?: readonly Endpoint[];
  /** What it gives whoever asks for peers, instead of the same for all; nothing if empty. */
  readonly token?: string;
  /** The item that it gives whoever asks for one (BEP 44). */
  readonly item?: Fields;
  /** More keys at the top of its answers. */
  readonly top?: Fields;
}

export class DhtNode {
  readonly link: DhtLink;
  /** As it is now: a case may change it. */
  id: Uint8Array;
  /** What the target asked it, all of it. */
  readonly asked: Message[] = [];
  readonly #options: NodeOptions;
  readonly #context: Context;

  private constructor(link: DhtLink, context: Context, options: NodeOptions) {
    this.link = link;
    this.id = link.id;
    this.#context = context;
    this.#options = options;
    link.datagrams.onHeard = (heard) => this.#hear(heard);
  }

  static async open(dht: Dht, context: Context, options: NodeOptions = {}): Promise<DhtNode> {
    return new DhtNode(await dht.asker(options), context, options);
  }

  /** What it gives whoever asks for peers. */
  get token(): string {
    return this.#options.token ?? 'token';
  }

  get contact(): Contact {
    return { id: this.id, at: this.link.at };
  }

  /** Pings a target, so that it hears of this node as it is now. */
  greet({ at }: Pick<Dht, 'at'>, top: Fields = {}): void {
    const ping = writeQuery(this.link.transaction(), 'ping', { id: this.id }, { v: version, ...top });
    this.link.datagrams.send(ping, at);
  }

  /** Waits until the target has asked it something that `fits`: what a target does by itself may take a while. */
  async queried(what: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    const known = this.asked.find(fits);
    if (known !== undefined) return known;
    const isIt = ({ bytes }: Heard) => {
      const message = readMessage(bytes);
      return message?.type === 'query' && fits(message);
    };
    const heard = await this.link.datagrams.next(what, isIt, initiative * this.#context.patience.replyMs);
    return readMessage(heard.bytes)!;
  }

  #hear({ bytes, from }: Heard): void {
    const message = readMessage(bytes);
    if (message?.type !== 'query') return;
    this.asked.push(message);
    if (this.#options.mute === true) return;
    const target = asBytes(message.body.get('target')) ?? asBytes(message.body.get('info_hash'));
    const named = target === undefined ? undefined : (this.#options.names?.(target) ?? []);
    const nodes = named === undefined ? {} : { nodes: named instanceof Uint8Array ? named : writeContacts(named) };
    const asksForPeers = message.method === 'get_peers' || message.method === 'get';
    const { token } = this;
    const { values, item } = this.#options;
    const body: Fields = {
      id: this.id,
      ...nodes,
      ...(asksForPeers && token !== '' && { token }),
      ...(asksForPeers && values !== undefined && { values: values.map(writeCompact) }),
      ...(message.method === 'get' && item),
    };
    const top: Fields = { v: version, ip: writeCompact(from), ...this.#options.top };
    this.link.datagrams.send(writeResponse(message.transaction ?? new Uint8Array(0), body, top), from);
  }
}
