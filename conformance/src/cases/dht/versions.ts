/** BEP 44, mutable items: which version replaces which, and who is sent what. */
import type { Case } from '../../case.ts';
import { bytesIn, integerIn } from '../../probe/dht/answer.ts';
import { defineCase, type Tools } from './define.ts';
import { orSilence } from './reaction.ts';
import { Slot, type Version } from './signed.ts';

const put = 'BEP 44, mutable items, put message';
const cas = 'BEP 44, CAS';
const get = 'BEP 44, mutable items, get message';
const gate = 'bep44.immutable.get-token';
const most = 2n ** 63n - 1n;

export const versions: readonly Case[] = [
  defineCase({
    id: 'bep44.mutable.seq-lower',
    title: 'an older version is refused, and the newer one stays',
    section: put,
    gate,
    killedBy: { downgrades: 'fail' },
    run: (tools) => replaced(tools, { value: 'five', seq: 5 }, { value: 'four', seq: 4 }, 'refused'),
  }),

  defineCase({
    id: 'bep44.mutable.seq-equal-same-v',
    title: 'the same version again is no trouble, and stays',
    section: put,
    gate,
    killedBy: { 'removes-on-repeat': 'non-strict' },
    run: (tools) => replaced(tools, { value: 'five', seq: 5 }, { value: 'five', seq: 5 }, 'kept'),
  }),

  defineCase({
    id: 'bep44.mutable.seq-equal-other-v',
    title: 'another value under the same number is refused',
    section: put,
    gate,
    killedBy: { 'overwrites-equal': 'fail' },
    run: (tools) => replaced(tools, { value: 'five', seq: 5 }, { value: 'other', seq: 5 }, 'refused'),
  }),

  defineCase({
    id: 'bep44.mutable.seq-higher',
    title: 'a newer version replaces the older one',
    section: put,
    gate,
    killedBy: { 'keeps-first': 'fail' },
    run: (tools) => replaced(tools, { value: 'five', seq: 5 }, { value: 'six', seq: 6 }, 'replaced'),
  }),

  defineCase({
    id: 'bep44.mutable.seq-negative',
    title: 'a number below 0 may be refused',
    section: 'BEP 44, mutable items',
    gate,
    killedBy: { 'refuses-negative-seq': 'info' },
    run: (tools) => recorded(tools, -1),
  }),

  defineCase({
    id: 'bep44.mutable.seq-max',
    title: 'the greatest number of 63 bits is stored as it is',
    section: 'BEP 44, mutable items',
    gate,
    killedBy: { 'rounds-seq': 'non-strict' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value: 'last', seq: most });
      await slot.holds({ value: 'last', seq: most });
    },
  }),

  defineCase({
    id: 'bep44.mutable.seq-over-max',
    title: 'a number of 64 bits may be refused',
    section: 'BEP 44, mutable items',
    gate,
    killedBy: { 'wraps-seq': 'info' },
    run: (tools) => recorded(tools, most + 1n),
  }),

  defineCase({
    id: 'bep44.mutable.cas-match',
    title: 'a put that names the stored number is done',
    section: cas,
    gate,
    killedBy: { 'refuses-cas': 'fail' },
    run: (tools) => replaced(tools, { value: 'five', seq: 5 }, { value: 'six', seq: 6, more: { cas: 5 } }, 'replaced'),
  }),

  defineCase({
    id: 'bep44.mutable.cas-mismatch',
    title: 'a put that names another number than the stored one is refused with code 301',
    section: cas,
    gate,
    killedBy: { 'ignores-cas': 'fail' },
    run: (tools) =>
      replaced(tools, { value: 'five', seq: 5 }, { value: 'six', seq: 6, more: { cas: 4 } }, 'refused', 301),
  }),

  defineCase({
    id: 'bep44.mutable.cas-no-value',
    title: 'where nothing is stored, the number that a put names is not looked at',
    section: cas,
    gate,
    killedBy: { 'cas-needs-value': 'non-strict' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value: 'one', seq: 1, more: { cas: 7 } });
      await slot.holds({ value: 'one', seq: 1 });
    },
  }),

  defineCase({
    id: 'bep44.mutable.get-seq-newer',
    title: 'whoever has the stored version already is sent its number alone',
    section: get,
    gate,
    killedBy: { 'ignores-get-seq': 'non-strict' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value: 'five', seq: 5 });
      for (const seq of [5, 6]) {
        const answer = await slot.get(undefined, seq);
        tools.expect(integerIn(answer, 'seq'), `seq for one who has ${seq}`).is(5);
        const sent = ['k', 'sig', 'v'].filter((key) => answer.body.has(key));
        tools.expect(sent, `what is sent to one who has ${seq}`).is([]);
      }
    },
  }),

  defineCase({
    id: 'bep44.mutable.get-seq-older',
    title: 'whoever has an older version is sent the stored one',
    section: get,
    gate,
    killedBy: { 'get-seq-hides-all': 'non-strict' },
    async run(tools) {
      const slot = new Slot(tools);
      await slot.store({ value: 'five', seq: 5 });
      const answer = await slot.get(undefined, 4);
      tools.expect(Buffer.from(bytesIn(answer, 'v')).toString(), 'v for one who has 4').is('five');
    },
  }),

  defineCase({
    id: 'bep44.mutable.error-codes',
    title: 'each refusal has the code that is meant for it',
    section: 'BEP 44, errors',
    gate,
    killedBy: { 'only-203': 'non-strict' },
    async run(tools) {
      const { random, expect, strictly, observe, unsupported } = tools;
      const slot = new Slot(tools);
      await slot.store({ value: 'five', seq: 5 });
      const wrong: readonly (readonly [number, Version])[] = [
        [205, { value: random.bytes(1_050), seq: 6 }],
        [206, { value: 'six', seq: 6, more: { sig: random.bytes(64) } }],
        [207, { value: 'six', seq: 6, salt: random.bytes(65) }],
        [301, { value: 'six', seq: 6, more: { cas: 4 } }],
        [302, { value: 'four', seq: 4 }],
      ];
      const codes = [];
      for (const [code, version] of wrong) {
        const answer = await orSilence(slot.put(version));
        if (answer?.type === 'error') codes.push({ code, got: answer.code });
      }
      if (codes.length === 0) return unsupported('it refuses nothing');
      observe('codes', codes.map(({ code, got }) => `${got} for ${code}`).join(', '));
      for (const { code, got } of codes) if (got !== 203) expect(got, 'code of a refusal').is(code);
      strictly(
        codes.map(({ got }) => got),
        'codes of the refusals',
      ).is(codes.map(({ code }) => code));
    },
  }),
];

/** Stores one version, sends another, and looks at what is there then. */
async function replaced(
  tools: Tools,
  first: Version,
  second: Version,
  outcome: 'refused' | 'kept' | 'replaced',
  code?: number,
): Promise<void> {
  const slot = new Slot(tools);
  await slot.store(first);
  const answer = await slot.put(second);
  await slot.holds(outcome === 'replaced' ? second : first);
  if (outcome === 'refused') tools.expect(answer.type, 'the answer to the second put').is('error');
  if (outcome === 'replaced') tools.expect(answer.type, 'the answer to the second put').is('response');
  if (code !== undefined) tools.expect(answer.code, 'code of the error').is(code);
}

/** What becomes of an item with a number that may be refused. */
async function recorded(tools: Tools, seq: number | bigint): Promise<void> {
  const slot = new Slot(tools);
  const answer = await slot.put({ value: 'odd', seq });
  const back = (await slot.get()).body.get('seq');
  tools.observe(`the number ${seq} is`, answer.type === 'error' ? 'refused' : `stored as ${back ?? 'nothing'}`);
}
