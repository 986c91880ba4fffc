/** A mutable item of BEP 44, as cases store, spoil and read it. */

import { Finding } from '../../finding.ts';
import { readBencode, type Writable, writeBencode } from '../../probe/bencode.ts';
import { bytesIn } from '../../probe/dht/answer.ts';
import { isSigned, type KeyPair, keyPairOf, signedBytes, signItem, targetOfKey } from '../../probe/dht/items.ts';
import type { Message } from '../../probe/dht/krpc.ts';
import type { Tools } from './define.ts';

export interface Version {
  readonly value: Writable;
  readonly seq: number | bigint;
  readonly salt?: Uint8Array;
  /** More arguments, or other ones than would be right. */
  readonly more?: Readonly<Record<string, Writable>>;
}

/** One key and what is stored under it. */
export class Slot {
  readonly keys: KeyPair;
  readonly #tools: Tools;

  constructor(tools: Tools, seed: Uint8Array = tools.random.bytes(32)) {
    this.keys = keyPairOf(seed);
    this.#tools = tools;
  }

  target(salt?: Uint8Array): Uint8Array {
    return targetOfKey(this.keys.publicKey, salt);
  }

  arguments({ value, seq, salt, more }: Version): Readonly<Record<string, Writable>> {
    const sig = signItem(this.keys, value, seq, salt);
    return { v: value, k: this.keys.publicKey, seq, sig, ...(salt !== undefined && { salt }), ...more };
  }

  /** Stores it from an address of its own, and gives whatever comes back. */
  async put(version: Version): Promise<Message> {
    return (await this.#tools.dht.asker()).put(this.target(version.salt), this.arguments(version));
  }

  /** Has to be stored. */
  async store(version: Version): Promise<void> {
    const { type, code, text } = await this.put(version);
    const got = type === 'error' ? `the error ${code} ${text}` : type;
    if (type !== 'response') throw new Finding(`the answer to a put of number ${version.seq}`, 'a response', got);
  }

  /** What is there now, whoever asks. */
  async get(salt?: Uint8Array, seq?: number): Promise<Message> {
    const body = { target: this.target(salt), ...(seq !== undefined && { seq }) };
    return (await this.#tools.dht.asker()).ask('get', body);
  }

  /** What is there now is this, with its signature. */
  async holds({ value, seq, salt }: Version): Promise<void> {
    const { expect } = this.#tools;
    const answer = await this.get(salt);
    const back = answer.body.get('v');
    expect(back === undefined ? 'nothing' : writeBencode(back), 'v that comes back').is(writeBencode(value));
    expect(answer.body.get('seq'), 'seq that comes back').is(canonical(seq));
    expect(bytesIn(answer, 'k'), 'k that comes back').is(this.keys.publicKey);
    const signature = bytesIn(answer, 'sig');
    const isRight = signature.length === 64 && isSigned(this.keys.publicKey, signature, signedBytes(value, seq, salt));
    expect(signature, 'sig that comes back').satisfies('the signature of the item', isRight);
  }

  async isEmpty(salt?: Uint8Array): Promise<void> {
    this.#tools.expect((await this.get(salt)).body.has('v'), 'a value is stored').is(false);
  }
}

/** As the reader gives it: a bigint only where a number cannot hold it. */
function canonical(seq: number | bigint): unknown {
  return readBencode(writeBencode(seq)).value;
}
