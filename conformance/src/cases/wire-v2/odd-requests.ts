/** BEP 52, peer messages: requests for hashes that break a rule, and ones that no client has to serve. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { pieceLayerOf } from '../../probe/files/merkle.ts';
import type { Fixture2 } from '../../probe/wire/fixture-version2.ts';
import { type HashRange, reached } from '../../probe/wire/hashes.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import type { WireTools } from '../wire/define.ts';
import {
  defineCase,
  hex,
  largest,
  type Reaction,
  rangeOf,
  reactionTo,
  requesting as section,
  torrent2,
} from './define.ts';

/** Hashes that prove themselves do no harm; others are of no use to anybody. */
const refused = {
  rejected: 'pass',
  closed: 'pass',
  ignored: 'non-strict',
  served: 'non-strict',
  unproven: 'fail',
} as const;
const optional = { served: 'pass', rejected: 'pass', closed: 'non-strict', ignored: 'non-strict' } as const;

export const oddRequests: readonly Case[] = [
  refusal('bad-index', 'a request that begins at no multiple of its length is refused', { index: 2, length: 4 }),
  refusal('length-not-pow2', 'a request for three hashes is refused', { index: 3, length: 3 }),
  refusal('length-1', 'a request for one hash is refused', { index: 1, length: 1 }),

  defineCase({
    id: 'bep52.wire.hash-request-over-512',
    title: 'a request for 1024 hashes does no harm',
    section,
    // All blocks of a file of 16 MiB are hashed for it, several times.
    alone: true,
    alternatives: { ...optional, closed: 'pass' },
    killedBy: { 'dies-of-long-ranges': 'crash' },
    async run(tools) {
      const files = [{ path: ['thousand.bin'], length: 1_024 * blockLength - 5 }];
      const fixture = torrent2(tools, { files, pieceLength: 1_048_576 });
      tools.outcome((await ask(tools, fixture, { length: 1_024, proofs: 0 })).how);
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-past-end',
    title: 'a request that goes beyond the last piece gets padding, or a reject',
    section,
    alternatives: { ...optional, wrong: 'fail' },
    killedBy: { 'dies-of-padding': 'crash' },
    async run(tools) {
      const files = [{ path: ['seven.bin'], length: 7 * 2 * blockLength - 5_001 }];
      const fixture = torrent2(tools, { files });
      const wanted = { base: pieceLayerOf(fixture.pieceLength), length: 8, proofs: 0 };
      const { how, hashes } = await ask(tools, fixture, wanted);
      const { root } = largest(fixture);
      const isWrong = how === 'served' && hex(reached(rangeOf(largest(fixture), wanted), hashes)) !== hex(root);
      tools.outcome(isWrong ? 'wrong' : how);
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-unknown-root',
    title: 'a request for a file that there is not is rejected',
    section,
    alternatives: { ...optional, served: 'fail' },
    killedBy: { 'dies-of-unknown-roots': 'crash' },
    async run(tools) {
      tools.outcome((await ask(tools, torrent2(tools), { root: tools.random.bytes(32) })).how);
    },
  }),

  defineCase({
    id: 'bep52.wire.hash-request-other-layer',
    title: 'a request for a layer between the pieces and the root is served, or rejected',
    section,
    alternatives: optional,
    killedBy: { 'dies-of-middle-layers': 'crash' },
    async run(tools) {
      tools.outcome((await ask(tools, torrent2(tools), { base: 2, length: 2 })).how);
    },
  }),
];

function refusal(name: string, title: string, wanted: Partial<HashRange>): Case {
  return defineCase({
    id: `bep52.wire.hash-request-${name}`,
    title,
    section,
    alternatives: refused,
    killedBy: { 'any-hash-range': 'fail' },
    async run(tools) {
      const fixture = torrent2(tools);
      const { how, hashes } = await ask(tools, fixture, wanted);
      const range = rangeOf(largest(fixture), wanted);
      const isTree = range.index % range.length === 0 && Number.isInteger(Math.log2(range.length));
      const isProven = isTree && hashes.length > 0 && hex(reached(range, hashes)) === hex(range.root);
      tools.outcome(how === 'served' && !isProven ? 'unproven' : how);
    },
  });
}

async function ask(tools: Context & WireTools, fixture: Fixture2, wanted: Partial<HashRange>): Promise<Reaction> {
  const client = await tools.seeding(fixture);
  return reactionTo(client, await client.dial(), rangeOf(largest(fixture), wanted));
}
