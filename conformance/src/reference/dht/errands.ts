/** What the reference does when it is run for one thing: fetches or stores a value (BEP 44), or makes an id (BEP 42). */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { crc32 } from 'node:zlib';
import { latin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import { type Contact, readContacts } from '../../probe/dht/contacts.ts';
import { belongsTo, compareDistance, idFor } from '../../probe/dht/ids.ts';
import { isSigned, sha1, signedBytes, targetOfKey, targetOfValue } from '../../probe/dht/items.ts';
import { asBytes, type Fields, hex, type Message, readMessage, sameBytes, writeQuery } from '../../probe/dht/krpc.ts';
import { ipBytes } from '../../probe/endpoint.ts';
import type { Endpoint, Errand } from '../../target/target.ts';
import type { Use } from '../../target/tool.ts';
import type { Has } from './bugs.ts';

/** Nodes that are silent for so long are gone. Those of the suite answer at once, on a busy machine after a while. */
const silenceMs = 4_000;

/** How many of the nearest are asked. */
const width = 8;

interface Visited {
  readonly at: Endpoint;
  readonly answer: Message;
}

export async function runErrand(errand: Errand, words: Readonly<Record<string, string>>, has: Has): Promise<Use> {
  const output = await outputOf(errand, words, has);
  return { accepted: output !== undefined, output: output ?? '', ms: 0 };
}

async function outputOf(
  errand: Errand,
  words: Readonly<Record<string, string>>,
  has: Has,
): Promise<string | undefined> {
  const { ip = '', random, target = '', value = '', bootstrap = '' } = words;
  if (errand === 'node-id') return hex(makeId(ip, Number(random), has));
  const [host = '', port] = bootstrap.split(':');
  const walk = new Walk({ ip: host, port: Number(port) }, has);
  try {
    return errand === 'get' ? await fetch(walk, Buffer.from(target, 'hex'), has) : await store(walk, value, has);
  } finally {
    walk.close();
  }
}

function makeId(ip: string, last: number, has: Has): Uint8Array {
  const id = idFor(ip, Buffer.alloc(20, last));
  if (!has('crc-of-zlib')) return id;
  const masked = ipBytes(ip).map((byte, at) => byte & [0x03, 0x0f, 0x3f, 0xff][at]!);
  masked[0]! |= (last & 7) << 5;
  new DataView(id.buffer).setUint32(0, crc32(masked));
  return id;
}

/** The text that was asked for: by its hash, or by the key of its author. */
async function fetch(walk: Walk, wanted: Uint8Array, has: Has): Promise<string | undefined> {
  const isKey = wanted.length === 32;
  const target = isKey ? targetOfKey(wanted) : wanted;
  const found = (await walk.visit(target)).map(({ answer }) => answer.body).filter((body) => body.has('v'));
  const right = found.filter((body) => {
    const value = body.get('v') as Writable;
    if (!isKey) return has('believes-values') || sameBytes(sha1(writeBencode(value)), target);
    const [key, signature] = [asBytes(body.get('k')), asBytes(body.get('sig'))];
    if (key === undefined || signature === undefined) return false;
    if (!sameBytes(key, wanted) && !has('believes-keys')) return false;
    return has('believes-signatures') || isSigned(key, signature, signedBytes(value, Number(body.get('seq'))));
  });
  const newest = right.toSorted((a, b) => Number(b.get('seq')) - Number(a.get('seq')));
  const value = asBytes((has('takes-first-version') ? right : newest)[0]?.get('v'));
  return value === undefined ? undefined : latin1(value);
}

async function store(walk: Walk, value: string, has: Has): Promise<string> {
  const target = targetOfValue(value);
  for (const { at, answer } of await walk.visit(target)) {
    const token = has('invents-tokens') ? 'invented' : (asBytes(answer.body.get('token')) ?? '');
    await walk.ask(at, 'put', { token, v: value });
  }
  return hex(target);
}

/** Asks one node after the other for an item, those too that it is told of. */
class Walk {
  readonly #socket: Socket = createSocket('udp4');
  readonly #id = randomBytes(20);
  readonly #first: Endpoint;
  readonly #has: Has;

  constructor(first: Endpoint, has: Has) {
    this.#first = first;
    this.#has = has;
  }

  /** Until the nearest have been asked: of all, and of those whose ids belong to their addresses (BEP 42, enforcement). */
  async visit(target: Uint8Array): Promise<readonly Visited[]> {
    const visited: Visited[] = [];
    const seen = new Set<string>();
    const known = new Map<string, Contact>();
    for (let next: Endpoint | undefined = this.#first; next !== undefined; ) {
      seen.add(keyOf(next));
      const answer = await this.ask(next, 'get', { target });
      if (answer !== undefined) visited.push({ at: next, answer });
      const named = readContacts(asBytes(answer?.body.get('nodes')) ?? new Uint8Array(0));
      for (const each of named) known.set(keyOf(each.at), each);
      const near = [...known.values()].sort((a, b) => compareDistance(target, a.id, b.id));
      const fair = this.#has('counts-odd-ids') ? [] : near.filter(({ id, at }) => belongsTo(id, at.ip));
      next = [...near.slice(0, width), ...fair.slice(0, width)].find(({ at }) => !seen.has(keyOf(at)))?.at;
    }
    return visited;
  }

  ask(to: Endpoint, method: string, body: Fields): Promise<Message | undefined> {
    const transaction = randomBytes(4);
    return new Promise((resolve) => {
      const done = (message?: Message): void => {
        clearTimeout(timer);
        this.#socket.off('message', hear);
        resolve(message);
      };
      const hear = (bytes: Uint8Array): void => {
        const message = readMessage(new Uint8Array(bytes));
        if (sameBytes(message?.transaction, transaction)) done(message);
      };
      const timer = setTimeout(done, silenceMs);
      this.#socket.on('message', hear);
      this.#socket.send(writeQuery(transaction, method, { id: this.#id, ...body }), to.port, to.ip);
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function keyOf({ ip, port }: Endpoint): string {
  return `${ip} ${port}`;
}
