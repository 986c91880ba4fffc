/** ferro dht get and put: values that the network keeps for a while, under their hash or under a key (BEP 44; BEP 46). */
import { type Bencode, type BencodeInput, decode } from '@ferro/bencode';
import { fromHex, Id20, toHex, utf8 } from '@ferro/core';
import { type Item, newKeyPair, type PutOptions, publicKeyOf } from '@ferro/dht';
import { Command } from 'commander';
import { limits } from '../limits.ts';
import { Failure, Output, UsageError, visible } from '../output.ts';
import { readSmallFile, writeFile } from '../source.ts';
import { type NodeOptions, within, withNode } from './dht-network.ts';
import type { NodeHost } from './network.ts';

interface ItemOptions extends NodeOptions {
  readonly salt?: string;
}

export function getCommand(): Command {
  return withNode(new Command('get').description('a value that is kept in the network'))
    .argument('<target>', 'the hash of a value (40 hexadecimal digits) or the public key of its author (64)')
    .option('--salt <text>', 'of a value under a key')
    .action(async (target: string, options: ItemOptions) => {
      const bytes = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(target) ? fromHex(target) : undefined;
      if (bytes === undefined) throw new UsageError(`${target} is neither a hash nor a public key`);
      const salt = options.salt === undefined ? undefined : utf8(options.salt);
      const where = bytes.length === 20 ? Id20.from(bytes) : { publicKey: bytes, salt };
      await within(options, async ({ dht, signal }) => {
        const item = await dht.get(where, { signal });
        if (item === undefined) throw new Failure('nobody has it');
        new Output(options.json === true).result(describe(item), () => text(plain(decode(item.value))));
      });
    });
}

interface PutCommandOptions extends ItemOptions {
  readonly bencoded?: boolean;
  readonly key?: string;
  readonly seq?: string;
}

export function putCommand(): Command {
  return withNode(new Command('put').description('have the network keep a value, for an hour or two'))
    .argument('<value>', 'a text of at most 996 bytes')
    .option('--bencoded', 'the value is bencode already')
    .option('--key <file>', 'sign it with the key in this file, which is made if it is not there')
    .option('--salt <text>', 'with a key: several values under one key')
    .option('--seq <number>', 'with a key: the number of this version (default: one more than what is found)')
    .action(async (value: string, options: PutCommandOptions) => {
      const content = options.bencoded === true ? decoded(value) : value;
      if (options.seq !== undefined && !/^\d+$/.test(options.seq)) throw new UsageError(`${options.seq} is no number`);
      await within(options, async ({ host, dht, signal }) => {
        const secretKey = options.key === undefined ? undefined : await keyIn(host, options.key);
        const put: PutOptions = {
          signal,
          ...(secretKey === undefined ? {} : { secretKey }),
          ...(options.salt === undefined ? {} : { salt: utf8(options.salt) }),
          ...(options.seq === undefined ? {} : { seq: BigInt(options.seq) }),
        };
        const { target, stored, refused } = await dht.put(content, put);
        const publicKey = secretKey === undefined ? undefined : toHex(publicKeyOf(secretKey));
        const result = { target: target.hex, stored, ...(publicKey === undefined ? {} : { publicKey }) };
        new Output(options.json === true).result(result, () => publicKey ?? target.hex);
        if (stored === 0) throw new Failure(refused === undefined ? 'no node has taken it' : visible(refused.message));
      });
    });
}

function decoded(text: string): BencodeInput {
  try {
    return decode(utf8(text)) as BencodeInput;
  } catch (error) {
    throw new UsageError(`the value is no bencode: ${(error as Error).message}`);
  }
}

/** 64 hexadecimal digits; a new key where there is no file. */
async function keyIn(host: NodeHost, path: string): Promise<Uint8Array> {
  const found = await readSmallFile(host, path, limits.keyFileLength);
  if (found === undefined) {
    const { secretKey } = newKeyPair(host);
    await writeFile(host, path, utf8(`${toHex(secretKey)}\n`));
    return secretKey;
  }
  const key = fromHex(new TextDecoder().decode(found).trim());
  if (key?.length !== 32) throw new Failure(`${path} holds no key of 64 hexadecimal digits`);
  return key;
}

function describe(item: Item): Readonly<Record<string, unknown>> {
  const value = plain(decode(item.value));
  if (item.type === 'immutable') return { value };
  const { publicKey, seq, salt } = item;
  return { value, publicKey: toHex(publicKey), seq: Number(seq), ...(salt?.length ? { salt: plain(salt) } : {}) };
}

/** Bytes as text where they are text, else as hexadecimal digits. */
function plain(value: Bencode): unknown {
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(value);
    } catch {
      return toHex(value);
    }
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field as Bencode)]));
}

function text(value: unknown): string {
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}
