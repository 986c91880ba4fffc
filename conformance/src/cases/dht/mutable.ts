/** BEP 44, mutable items: what is signed, and where it is stored. */
import type { Case } from '../../case.ts';
import { keyPairOf, targetOfKey } from '../../probe/dht/items.ts';
import { hex } from '../../probe/dht/krpc.ts';
import { defineCase, type Tools } from './define.ts';
import { Slot, type Version } from './signed.ts';

const section = 'BEP 44, mutable items';
const verification = 'BEP 44, signature verification';
const gate = 'bep44.immutable.get-token';
const value = 'Hello World!';

/**
 * A key that begins like a string of fifty bytes: with a salt of twenty-one it is itself a bencoded value, so that an immutable item
 * has the same target as a mutable one.
 */
const clashingSeed = Buffer.from('e4fa04488281b37b9de9bbeeec7a8dfa793797575fe1114fafd94548ca161d9f', 'hex');
const clashingSaltLength = 21;

export const mutable: readonly Case[] = [
  defineCase({
    id: 'bep44.mutable.put-get',
    title: 'a mutable item comes back with key, number and signature',
    section,
    gate,
    killedBy: { 'drops-signature': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value, seq: 1 });
      await slot.holds({ value, seq: 1 });
    },
  }),

  defineCase({
    id: 'bep44.mutable.salt-target',
    title: 'a mutable item with a salt is stored under the hash of key and salt',
    section: verification,
    gate,
    killedBy: { 'ignores-salt': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      const salt = Buffer.from('foobar');
      await slot.store({ value, seq: 1, salt });
      await slot.holds({ value, seq: 1, salt });
      await slot.isEmpty();
    },
  }),

  defineCase({
    id: 'bep44.mutable.salt-empty',
    title: 'an empty salt is none',
    section,
    gate,
    killedBy: { 'empty-salt-counts': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value, seq: 1, salt: new Uint8Array(0) });
      await slot.holds({ value, seq: 1 });
    },
  }),

  defineCase({
    id: 'bep44.mutable.salt-64',
    title: 'a salt of 64 bytes is taken',
    section,
    gate,
    killedBy: { 'salt-below-64': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      const salt = tools.random.bytes(64);
      await slot.store({ value, seq: 1, salt });
      await slot.holds({ value, seq: 1, salt });
    },
  }),

  defineCase({
    id: 'bep44.mutable.salt-65',
    title: 'a salt of 65 bytes is refused with code 207',
    section,
    gate,
    killedBy: { 'any-salt': 'fail' },
    async run(tools) {
      const salt = tools.random.bytes(65);
      await refused(tools, { value, seq: 1, salt }, [207]);
    },
  }),

  defineCase({
    id: 'bep44.mutable.salt-not-returned',
    title: 'the salt does not come back with the item',
    section: 'BEP 44, mutable items, put message',
    gate,
    killedBy: { 'echoes-salt': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      const salt = Buffer.from('foobar');
      await slot.store({ value, seq: 1, salt });
      const { body } = await slot.get(salt);
      tools.expect(body.has('v'), 'the item comes back').is(true);
      tools.expect(body.has('salt'), 'the salt comes back').is(false);
    },
  }),

  defineCase({
    id: 'bep44.mutable.bad-signature',
    title: 'an item whose signature is wrong in one bit is refused with code 206',
    section: verification,
    gate,
    killedBy: { 'no-signature-check': 'fail' },
    async run(tools) {
      await refused(tools, { value, seq: 1 }, [206], ({ sig }) => {
        const wrong = Uint8Array.from(sig as Uint8Array);
        wrong[7]! ^= 1;
        return { sig: wrong };
      });
    },
  }),

  defineCase({
    id: 'bep44.mutable.sig-covers-seq',
    title: 'an item with a signature that was made for another number is refused with code 206',
    section: verification,
    gate,
    killedBy: { 'signature-without-seq': 'fail' },
    run: (tools) => refused(tools, { value, seq: 1 }, [206], () => ({ seq: 2 })),
  }),

  defineCase({
    id: 'bep44.mutable.sig-length',
    title: 'a signature of 63 bytes is no trouble',
    section,
    gate,
    killedBy: { 'dies-of-short-signatures': 'crash' },
    run: (tools) =>
      refused(tools, { value, seq: 1 }, [203, 206], ({ sig }) => ({ sig: (sig as Uint8Array).subarray(1) })),
  }),

  defineCase({
    id: 'bep44.mutable.key-length',
    title: 'a key of 31 bytes is no trouble',
    section,
    gate,
    killedBy: { 'dies-of-short-keys': 'crash' },
    run: (tools) => refused(tools, { value, seq: 1 }, [203, 206], ({ k }) => ({ k: (k as Uint8Array).subarray(1) })),
  }),

  defineCase({
    id: 'bep44.mutable.immutable-vs-mutable-clash',
    title: 'where a mutable and an immutable item have the same target, what comes back is one of them, whole',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'mixes-kinds': 'non-strict' },
    async run(tools) {
      const { dht, random, expect, observe } = tools;
      const slot = new Slot(tools, clashingSeed);
      const salt = random.bytes(clashingSaltLength);
      const twin = Buffer.concat([keyPairOf(clashingSeed).publicKey.subarray('50:'.length), salt]);
      await slot.store({ value, seq: 1, salt });
      const plain = await (await dht.asker()).put(targetOfKey(slot.keys.publicKey, salt), { v: twin });
      observe('the immutable one is', plain.type === 'error' ? 'refused' : 'taken');
      const { body } = await slot.get(salt);
      const v = body.get('v');
      const kind = v instanceof Uint8Array && hex(v) === hex(twin) ? 'immutable' : 'mutable';
      observe('what comes back is', kind);
      if (kind === 'mutable') return slot.holds({ value, seq: 1, salt });
      expect(body.has('k') || body.has('sig'), 'an immutable item comes with a key or a signature').is(false);
    },
  }),

  defineCase({
    id: 'bep44.mutable.token-scoped',
    title: 'a token that was given for one item is, or is not, good for another',
    section: 'BEP 44, messages',
    gate,
    killedBy: { 'item-tokens-per-target': 'info' },
    async run(tools) {
      const slot = new Slot(tools);
      const asker = await tools.dht.asker();
      const answer = await asker.put(tools.hash(), slot.arguments({ value, seq: 1 }));
      tools.observe('a token of another target is', answer.type === 'error' ? 'refused' : 'taken');
    },
  }),
];

/** It is refused with one of these codes (silence and another code are not strict), and nothing is stored. */
async function refused(
  tools: Tools,
  version: Version,
  codes: readonly number[],
  spoil: (right: ReturnType<Slot['arguments']>) => NonNullable<Version['more']> = () => ({}),
): Promise<void> {
  const { dht, quiet, alive, expect, strictly } = tools;
  const slot = new Slot(tools);
  const asker = await dht.asker();
  const right = slot.arguments(version);
  const token = (await asker.ask('get', { target: slot.target(version.salt) })).body.get('token') ?? '';
  asker.query('put', { token, ...right, ...spoil(right) });
  const [answer] = await quiet(() => asker.answers(), alive);
  await slot.isEmpty(version.salt);
  if (answer !== undefined) expect(answer.type, 'the answer to put').is('error');
  strictly(answer?.code, 'code of the error').oneOf(codes);
}
