/** BEP 44, immutable items. */
import type { Case } from '../../case.ts';
import { Raw, type Writable, writeBencode } from '../../probe/bencode.ts';
import { bytesIn } from '../../probe/dht/answer.ts';
import { sha1, targetOfValue } from '../../probe/dht/items.ts';
import { hex, type Message } from '../../probe/dht/krpc.ts';
import { defineCase, type Tools } from './define.ts';
import { orSilence } from './reaction.ts';
import { refusal } from './refusal.ts';

const section = 'BEP 44, immutable items';
const gate = 'bep44.immutable.get-token';

export const items: readonly Case[] = [
  defineCase({
    id: 'bep44.immutable.get-token',
    title: 'a get for what is not there is answered with a token and nodes',
    section: 'BEP 44, messages',
    killedBy: { 'get-without-token': 'non-strict' },
    async run({ dht, hash, expect, unsupported }) {
      const answer = await orSilence((await dht.asker()).ask('get', { target: hash() }));
      if (answer === undefined) return unsupported('it does not know get');
      expect(answer.body.has('token'), 'a token in the answer').is(true);
      expect(answer.body.has('nodes'), 'nodes in the answer').is(true);
    },
  }),

  defineCase({
    id: 'bep44.immutable.put-get',
    title: 'what was stored comes back byte for byte',
    section,
    gate,
    killedBy: { 'drops-values': 'fail' },
    run: async (tools) => {
      await roundTrip(tools, tools.random.bytes(200));
    },
  }),

  defineCase({
    id: 'bep44.immutable.target-vector',
    title: 'a value is stored under the hash of its bencoded form',
    section: 'BEP 44, test vectors',
    gate,
    killedBy: { 'hashes-raw-strings': 'fail' },
    async run(tools) {
      const target = await roundTrip(tools, 'Hello World!');
      tools.expect(hex(target), 'where it is').is('e5f96f6f38320f0f33959cb4d3d656452117aadb');
    },
  }),

  defineCase({
    id: 'bep44.immutable.any-type',
    title: 'integers, lists and dictionaries are stored like strings',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'strings-only': 'fail' },
    async run(tools) {
      const salt = hex(tools.random.bytes(8));
      for (const value of [tools.random.uint32(), [salt, 1, ['deep']], { salt, list: [1, 2], number: -7 }]) {
        await roundTrip(tools, value);
      }
    },
  }),

  defineCase({
    id: 'bep44.immutable.bad-token',
    title: 'a put with a token that was never given is refused, and nothing is stored',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'any-put-token': 'fail' },
    run: (tools) => notStored(tools, { token: tools.random.bytes(8) }),
  }),

  defineCase({
    id: 'bep44.immutable.no-token',
    title: 'a put without a token is refused, and nothing is stored',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'put-token-optional': 'fail' },
    run: (tools) => notStored(tools, {}),
  }),

  defineCase({
    id: 'bep44.immutable.unsorted-v',
    title: 'a value that is a dictionary with unsorted keys is refused',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'sorts-values': 'fail' },
    async run(tools) {
      const { dht, expect, strictly } = tools;
      const unique = hex(tools.random.bytes(8));
      const raw = Buffer.from(`d1:b16:${unique}1:ai1ee`);
      const sorted = Buffer.from(`d1:ai1e1:b16:${unique}e`);
      const asker = await dht.asker();
      const token = bytesIn(await asker.ask('get', { target: sha1(raw) }), 'token');
      const transaction = asker.query('put', { token, v: new Raw(raw) });
      const [answer] = await tools.quiet(() => asker.answers(), tools.alive);
      for (const target of [sha1(raw), sha1(sorted)]) {
        expect((await got(tools, target)).body.has('v'), 'a value is stored').is(false);
      }
      if (answer !== undefined) expect(answer.type, 'the answer to it').is('error');
      strictly(answer?.code, `code in answer to ${hex(transaction)}`).is(203);
    },
  }),

  defineCase({
    id: 'bep44.immutable.size-1000',
    title: 'a value of 1,000 bytes in bencoded form is stored',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'rejects-1000': 'non-strict' },
    run: async (tools) => {
      await roundTrip(tools, tools.random.bytes(1_000 - '996:'.length));
    },
  }),

  defineCase({
    id: 'bep44.immutable.size-1001',
    title: 'a value of 1,001 bytes may be refused',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'stores-large-values': 'info' },
    async run(tools) {
      const value = tools.random.bytes(1_001 - '997:'.length);
      const answer = await (await tools.dht.asker()).put(targetOfValue(value), { v: value });
      tools.observe('a value of 1,001 bytes is', answer.type === 'error' ? `refused with ${answer.code}` : 'taken');
    },
  }),
];

/** Stores it, and gets it from somebody else's address; gives where it is. */
async function roundTrip(tools: Tools, value: Writable): Promise<Uint8Array> {
  const target = targetOfValue(value);
  const stored = await (await tools.dht.asker()).put(target, { v: value });
  tools.expect(stored.type, 'the answer to put').is('response');
  const back = (await got(tools, target)).body.get('v');
  tools.expect(back === undefined ? 'nothing' : writeBencode(back), 'v that comes back').is(writeBencode(value));
  return target;
}

async function got({ dht }: Tools, target: Uint8Array): Promise<Message> {
  return (await dht.asker()).ask('get', { target });
}

async function notStored(tools: Tools, token: { readonly token?: Uint8Array }): Promise<void> {
  const value = tools.random.bytes(20);
  const meanwhile = async () => {
    tools.expect((await got(tools, targetOfValue(value))).body.has('v'), 'a value is stored').is(false);
  };
  await refusal(tools, { code: 203, method: 'put', body: { v: value, ...token }, meanwhile });
}
