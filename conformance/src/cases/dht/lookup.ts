/** BEP 5, routing table: what a node does when it starts. Asked only where the target can be started. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { type Contact, writeContacts } from '../../probe/dht/contacts.ts';
import { compareDistance, idNear, sharedBits } from '../../probe/dht/ids.ts';
import { asBytes } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import type { Dht } from '../../probe/dht/probe.ts';
import { defineStartCase } from './define.ts';
import { place } from './network.ts';
import { stateFolder } from './start.ts';

const section = 'BEP 5, routing table';
/** Nodes of a network of ours, and how many of them the nearest are. */
const networkSize = 64;
const nearest = 8;

export const lookup: readonly Case[] = [
  defineStartCase({
    id: 'bep5.lookup.bootstrap-find-node',
    title: 'a node that starts looks for its own neighbours with find_node',
    section,
    budget: 'normal',
    killedBy: { 'never-bootstraps': 'non-strict' },
    async run({ node, fresh, observe, expect }) {
      const entry = await node({});
      await fresh({ bootstrap: entry.link.at });
      const isSearch = (method: string | undefined) => method === 'find_node' || method === 'get_peers';
      const first = await entry.queried('a search at the node that it enters by', ({ method }) => isSearch(method));
      const own = asBytes(first.body.get('id')) ?? new Uint8Array(20);
      const sought = asBytes(first.body.get('target')) ?? asBytes(first.body.get('info_hash')) ?? new Uint8Array(20);
      observe('it searches with', first.method);
      expect(first.method, 'method of the search').is('find_node');
      expect(sharedBits(own, sought), 'leading bits that its id and what it looks for share').atLeast(8);
    },
  }),

  defineStartCase({
    id: 'bep5.lookup.iterative-closer',
    title: 'a lookup goes on until the nearest nodes have been asked',
    section,
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { 'stops-after-first-answer': 'fail' },
    async run({ node, fresh, random, expect }) {
      const nodes: DhtNode[] = [];
      const contacts = () => nodes.map((each) => each.contact);
      let own: Uint8Array | undefined;
      // Everybody knows those that are a few bits nearer to the target than himself, and no others: so it takes many steps.
      const seenFrom = (bits: number) => (sought: Uint8Array) => {
        const visible = contacts().filter(({ id }) => sharedBits(id, own ?? sought) <= bits + 4);
        return visible.sort((a, b) => compareDistance(sought, a.id, b.id)).slice(0, nearest);
      };
      for (let each = 0; each < networkSize; each++) {
        const depth = Math.floor(each / 4);
        nodes.push(await node({ names: (sought) => seenFrom(depth)(sought) }));
      }
      const entry: DhtNode = await node({
        names: (sought) => {
          own ??= asBytes(entry.asked[0]!.body.get('id')) ?? sought;
          for (const [each, member] of nodes.entries()) {
            place(member, own, Math.floor(each / 4), { random });
          }
          return seenFrom(0)(sought);
        },
      });
      await fresh({ bootstrap: entry.link.at });
      const innermost = nodes.slice(-nearest);
      for (const [each, member] of innermost.entries()) {
        await member.queried(`a question to the ${each + 1}. of the eight nearest nodes`);
      }
      expect(innermost.length, 'nearest nodes that were asked').is(nearest);
    },
  }),

  defineStartCase({
    id: 'bep5.lookup.bad-nodes-string',
    title: 'an answer with nodes that end in the middle of one does not end the lookup',
    section: 'BEP 5, contact encoding',
    budget: 'normal',
    killedBy: { 'dies-of-odd-nodes': 'fail' },
    async run({ node, fresh, alive, safely, random }) {
      const last = await node({});
      const fair = await node({ names: () => [last.contact] });
      const odd = await node({ names: () => writeContacts([last.contact]).subarray(0, 25) });
      const entry: DhtNode = await node({
        names: (sought) => {
          for (const [each, member] of [odd, fair, last].entries()) {
            place(member, sought, 8 * (each + 1), { random });
          }
          return [odd.contact, fair.contact];
        },
      });
      const { dht } = await fresh({ bootstrap: entry.link.at });
      await odd.queried('a question to the node with the odd answer');
      const reached = await last.queried('a question to the node beyond').catch(() => undefined);
      safely(await isAlive(alive, dht), 'it answers after nodes that end in the middle of one').is(true);
      safely(reached !== undefined, 'the lookup went on').is(true);
    },
  }),

  defineStartCase({
    id: 'bep5.lookup.poisoned-nodes',
    title: 'nodes at addresses that are none do not end the lookup',
    section: 'no text; what a node is told may be wrong',
    budget: 'normal',
    killedBy: { 'dies-of-port-zero': 'fail' },
    async run({ node, fresh, alive, safely, random }) {
      const good = await node({});
      const entry: DhtNode = await node({
        names: (sought) => {
          place(good, sought, 20, { random });
          const wrong = [
            { ip: ourAddress(), port: 0 },
            { ip: '0.0.0.0', port: 6_881 },
            { ip: '224.0.0.1', port: 6_881 },
            { ip: '255.255.255.255', port: 6_881 },
          ];
          return [...wrong.map((each): Contact => ({ id: idNear(sought, 30, random), at: each })), good.contact];
        },
      });
      const { dht } = await fresh({ bootstrap: entry.link.at });
      const reached = await good.queried('a question to the only node that is one').catch(() => undefined);
      safely(await isAlive(alive, dht), 'it answers after addresses that are none').is(true);
      safely(reached !== undefined, 'the node that is one was asked').is(true);
    },
  }),

  defineStartCase({
    id: 'bep5.lookup.table-persisted',
    title: 'a node that was stopped and starts again asks the nodes that it knew',
    section,
    budget: 'normal',
    killedBy: { 'forgets-table': 'non-strict' },
    async run(tools) {
      const { node, fresh, random } = tools;
      const folder = await stateFolder(tools);
      const known = await node({});
      const entry = await node({
        names: (sought) => {
          place(known, sought, 20, { random });
          return [known.contact];
        },
      });
      const first = await fresh({ bootstrap: entry.link.at, folder });
      await known.queried('a question to the node that it was told of');
      await tools.alive(first.dht);
      await first.stop();
      known.asked.length = 0;
      known.link.datagrams.heard.length = 0;
      await fresh({ folder });
      await known.queried('a question to the node that it knew before it was stopped');
    },
  }),
];

async function isAlive(alive: (dht: Dht) => Promise<unknown>, dht: Dht): Promise<boolean> {
  return alive(dht).then(
    () => true,
    () => false,
  );
}
