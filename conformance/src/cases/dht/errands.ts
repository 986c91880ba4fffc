/** BEP 44, by whoever fetches or stores a value: what comes from strangers is checked, and each node gets back its own token. */
import type { Case } from '../../case.ts';
import { Finding } from '../../finding.ts';
import { targetOfValue } from '../../probe/dht/items.ts';
import { asBytes, asText, type Fields, hex, type Message } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import type { Use } from '../../target/tool.ts';
import { defineErrandCase, type Tools } from './define.ts';
import { Slot } from './signed.ts';

const immutable = 'BEP 44, immutable items';
const mutable = 'BEP 44, mutable items';
const verification = 'BEP 44, signature verification';

export const errands: readonly Case[] = [
  defineErrandCase({
    id: 'bep44.immutable.client-verifies',
    title: 'a value that is not what was asked for is not handed over',
    section: immutable,
    budget: 'normal',
    killedBy: { 'believes-values': 'non-strict' },
    async run(tools) {
      const [right, wrong] = [text(tools), text(tools)];
      const target = hex(targetOfValue(right));
      await handsOver(tools, target, right, { v: right });
      await keeps(tools, target, wrong, { v: wrong });
    },
  }),

  defineErrandCase({
    id: 'bep44.mutable.client-verifies-sig',
    title: 'a mutable value with a signature that is wrong is not handed over',
    section: verification,
    budget: 'normal',
    killedBy: { 'believes-signatures': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      const [right, wrong] = [text(tools), text(tools)];
      const key = hex(slot.keys.publicKey);
      await handsOver(tools, key, right, slot.arguments({ value: right, seq: 1 }));
      await keeps(tools, key, wrong, { ...slot.arguments({ value: right, seq: 1 }), v: wrong });
    },
  }),

  defineErrandCase({
    id: 'bep44.mutable.client-verifies-key',
    title: 'a value that somebody else has signed with a key of his own is not handed over',
    section: verification,
    budget: 'normal',
    killedBy: { 'believes-keys': 'fail' },
    async run(tools) {
      const [slot, other] = [new Slot(tools), new Slot(tools)];
      const [right, wrong] = [text(tools), text(tools)];
      const key = hex(slot.keys.publicKey);
      await handsOver(tools, key, right, slot.arguments({ value: right, seq: 1 }));
      await keeps(tools, key, wrong, other.arguments({ value: wrong, seq: 1 }));
    },
  }),

  defineErrandCase({
    id: 'bep44.mutable.client-picks-highest-seq',
    title: 'of several versions of a mutable value the one with the highest number is handed over',
    section: mutable,
    budget: 'normal',
    killedBy: { 'takes-first-version': 'fail' },
    async run(tools) {
      const slot = new Slot(tools);
      const [old, recent] = [text(tools), text(tools)];
      const before = await tools.node({ item: slot.arguments({ value: old, seq: 3 }) });
      const after = await tools.node({ item: slot.arguments({ value: recent, seq: 7 }) });
      // The old one is met first.
      const entry = await tools.node({
        item: slot.arguments({ value: old, seq: 3 }),
        names: () => [before.contact, after.contact],
      });
      const { output } = await run(tools, hex(slot.keys.publicKey), entry);
      await after.queried('a question to the node with the newer version');
      tools.expect(output, 'what is handed over').satisfies('the version with number 7', output.includes(recent));
    },
  }),

  defineErrandCase({
    id: 'bep44.mutable.client-put-needs-get',
    title: 'who stores a value asks each node first, and gives it back its own token',
    section: mutable,
    means: 'put',
    budget: 'normal',
    killedBy: { 'invents-tokens': 'fail' },
    async run(tools) {
      const nodes: DhtNode[] = [];
      const names = () => nodes.map(({ contact }) => contact);
      for (const letter of 'abcd') nodes.push(await tools.node({ token: `token ${letter}`, names }));
      await tools.target.run!('put', { value: text(tools), bootstrap: placeOf(nodes[0]!) });
      const stored = nodes.filter(({ asked }) => asked.some(isPut));
      tools.expect(stored.length, 'nodes that are given the value').atLeast(1);
      for (const { asked, token } of stored) {
        const put = asked.findIndex(isPut);
        const first = asked.slice(0, put).some(({ method }) => method === 'get');
        tools.expect(first, 'it asked the node before it stored there').is(true);
        tools.expect(asText(asked[put]!.body.get('token')) ?? 'none', 'the token').is(token);
      }
    },
  }),
];

/** Nobody else's, and a single word in whatever a program prints. */
function text({ random }: Tools): string {
  return `conformance-${hex(random.bytes(8))}`;
}

/** Runs the program that is to fetch, in a network where all have the same to give. */
async function run({ target }: Tools, wanted: string, entry: DhtNode): Promise<Use> {
  const use = await target.run!('get', { target: wanted, bootstrap: placeOf(entry) });
  if (use.broken !== undefined) throw new Finding('the program that fetches', 'that it comes to an end', use.broken);
  if (!entry.asked.some(({ method }) => method === 'get'))
    throw new Finding('the questions to the node that it enters by', 'get', methods(entry));
  return use;
}

/** The control: the right value comes out, so a wrong one that does not was refused. */
async function handsOver(tools: Tools, wanted: string, value: string, item: Fields): Promise<void> {
  const { output } = await run(tools, wanted, await giving(tools, item));
  tools.expect(output, 'what is handed over').satisfies('the value that was asked for', output.includes(value));
}

async function keeps(tools: Tools, wanted: string, value: string, item: Fields): Promise<void> {
  const { output } = await run(tools, wanted, await giving(tools, item));
  tools.expect(output, 'what is handed over').satisfies('not the value that is wrong', !output.includes(value));
}

/** A small network, because few programs believe a single node. */
async function giving(tools: Tools, item: Fields): Promise<DhtNode> {
  const nodes: DhtNode[] = [];
  for (let each = 0; each < 3; each++)
    nodes.push(await tools.node({ item, names: () => nodes.map((one) => one.contact) }));
  return nodes[0]!;
}

function placeOf({ link }: DhtNode): string {
  return `${link.at.ip}:${link.at.port}`;
}

function isPut({ method, body }: Message): boolean {
  return method === 'put' && asBytes(body.get('v')) !== undefined;
}

function methods({ asked }: DhtNode): string {
  return asked.map(({ method }) => method).join(', ') || 'none';
}
