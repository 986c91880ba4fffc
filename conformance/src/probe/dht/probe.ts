/** Asks a DHT node (BEP 5): queries of any shape from as many addresses as a case needs. */
import { isOurs, ourAddress, randomAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { Finding, HarnessError, show } from '../../finding.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Writable } from '../bencode.ts';
import { DatagramLink, type Heard } from '../datagrams.ts';
import { bytesIn } from './answer.ts';
import { idOf } from './ids.ts';
import { describeMessage, type Fields, type Message, readMessage, sameBytes, writeQuery } from './krpc.ts';

/** What we call ourselves (BEP 20). */
export const version: Uint8Array = Uint8Array.of(0x46, 0x43, 0, 1);

export interface AskerOptions {
  readonly id?: Uint8Array;
  readonly ip?: string;
}

export class Dht {
  readonly at: Endpoint;
  readonly #context: Context;

  /** `at` if it is not the address that the target gave for these means. */
  constructor(context: Context, means: 'dht' | 'dht6' = 'dht', at?: Endpoint) {
    const known = at ?? context.target.endpoints[means];
    if (known === undefined) throw new HarnessError(`the target has no ${means} address`);
    this.at = known;
    this.#context = context;
  }

  /**
   * An address of this machine that nobody else uses, because nodes count what each address asks; undefined where
   * there is only one, off loopback.
   */
  address(): string | undefined {
    const { random } = this.#context;
    if (!isOurs(this.at.ip) || process.platform !== 'linux') return undefined;
    return randomAddress(random);
  }

  /** Somebody who asks: a socket, an id and, if possible, an address of its own. It does not answer. */
  async asker(options: AskerOptions = {}): Promise<DhtLink> {
    const ip = options.ip ?? this.address();
    const link = await DatagramLink.open(this.#context, this.at, describeMessage, ip);
    const own = ip ?? (this.at.ip.includes(':') ? '::1' : ourAddress());
    return new DhtLink(link, this.#context, own, options.id ?? idOf(own, this.#context.random));
  }
}

export class DhtLink {
  readonly datagrams: DatagramLink;
  readonly ip: string;
  readonly id: Uint8Array;
  readonly #context: Context;

  constructor(datagrams: DatagramLink, context: Context, ip: string, id: Uint8Array) {
    this.datagrams = datagrams;
    this.#context = context;
    this.ip = ip;
    this.id = id;
  }

  get at(): Endpoint {
    return { ip: this.ip, port: this.datagrams.port };
  }

  /** Two letters: what else a transaction id may be is what one case is about. */
  transaction(): Uint8Array {
    return Uint8Array.from({ length: 2 }, () => 0x61 + this.#context.random.below(26));
  }

  /** Sends a query and gives its transaction id. Whoever does not answer says so (BEP 43), and is no burden to the target. */
  query(method: string, body: Fields = {}, top: Fields = {}): Uint8Array {
    const transaction = this.transaction();
    this.datagrams.send(writeQuery(transaction, method, { id: this.id, ...body }, { v: version, ro: 1, ...top }));
    return transaction;
  }

  /** The response; an error is a finding. */
  async ask(method: string, body: Fields = {}, top: Fields = {}): Promise<Message> {
    const answer = await this.tryAsk(method, body, top);
    if (answer.type === 'response') return answer;
    throw new Finding(`the answer to ${method}`, 'a response', `the error ${answer.code} ${show(answer.text ?? '')}`);
  }

  /** The response or the error. */
  async tryAsk(method: string, body: Fields = {}, top: Fields = {}): Promise<Message> {
    return this.answer(this.query(method, body, top), `the answer to ${method}`);
  }

  /** What answers the query with this transaction id. */
  async answer(transaction: Uint8Array, what: string): Promise<Message> {
    return readMessage((await this.answerDatagram(transaction, what)).bytes)!;
  }

  answerDatagram(transaction: Uint8Array, what: string): Promise<Heard> {
    return this.datagrams.next(what, ({ bytes }) => {
      const message = readMessage(bytes);
      return message !== undefined && message.type !== 'query' && sameBytes(message.transaction, transaction);
    });
  }

  /** Answers that came and that nobody took; what the target asks by itself is none. */
  answers(): readonly Message[] {
    return this.#messages().filter(({ type }) => type !== 'query');
  }

  /** What the target asked us. */
  questions(): readonly Message[] {
    return this.#messages().filter(({ type }) => type === 'query');
  }

  async token(infoHash: Uint8Array): Promise<Uint8Array> {
    return bytesIn(await this.ask('get_peers', { info_hash: infoHash }), 'token');
  }

  /** Tells that we have this torrent, with a token that is asked for first. */
  async announce(infoHash: Uint8Array, port: number, more: Fields = {}): Promise<Message> {
    const token = await this.token(infoHash);
    return this.ask('announce_peer', { info_hash: infoHash, port, token, ...more });
  }

  /** Stores an item, with a token that is asked for first, and gives what comes back. */
  async put(target: Uint8Array, item: Readonly<Record<string, Writable>>): Promise<Message> {
    const token = bytesIn(await this.ask('get', { target }), 'token');
    return this.tryAsk('put', { token, ...item });
  }

  #messages(): readonly Message[] {
    return this.datagrams.heard.flatMap(({ bytes }) => readMessage(bytes) ?? []);
  }
}
