/** BEP 6, reject request: what becomes of requests that are waiting when a peer is choked. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { type Block, blockLength, blockOf, carriedBy, ids, indexOf, type Message } from '../../probe/wire/messages.ts';
import { keyOf, requestBlock } from '../../probe/wire/uploader.ts';
import { defineCase, unchoked, type WireTools } from '../wire/define.ts';
import { fastLink, gate } from './define.ts';

const section = 'BEP 6, reject request';
/** More than any program gives a turn at once. */
const crowd = 12;
/** Of those that have their turn, how many ask. */
const askers = 4;
/** More than systems buffer, so that some are still waiting. */
const requests = 1_200;
const turnMs = 12_000;
const turns = 3;

export const choking: readonly Case[] = [
  defineCase({
    id: 'bep6.choke-rejects-pending',
    title: 'who is choked is told of each request that will not be served',
    section,
    gate,
    killedBy: { 'drops-queue-when-choking': 'fail' },
    async run(tools) {
      const left = await leftWaiting(tools, longTorrent(tools));
      tools.expect(left.length, `of ${requests} requests that were neither served nor rejected`).is(0);
    },
  }),

  defineCase({
    id: 'bep6.choke-then-reject-order',
    title: 'the choke comes before the rejects that it brings',
    section,
    gate,
    killedBy: { 'rejects-before-choking': 'non-strict' },
    async run(tools) {
      const { link } = await chokedWhileWaiting(tools, longTorrent(tools));
      const unchoke = link.all.findIndex(({ id }) => id === ids.unchoke);
      const choke = link.all.findIndex(({ id }, at) => id === ids.choke && at > unchoke);
      const before = link.all.slice(unchoke, choke);
      const early = before.slice(before.findLastIndex(({ id }) => id !== ids.reject) + 1);
      // What is more than a list holds is rejected when it is asked for: the last requests. The choke brings the rest, the first.
      const firstLate = Math.min(
        ...link.all
          .slice(choke)
          .filter(({ id }) => id === ids.reject)
          .map(placeOf),
      );
      const tooEarly = early.filter((each) => placeOf(each) < firstLate);
      tools.expect(tooEarly.length, 'rejects that the choke brings, before it').is(0);
    },
  }),
];

/** The requests that were neither served nor rejected by the time somebody was choked who had asked for much. */
export async function leftWaiting(tools: Context & WireTools, fixture: Fixture): Promise<readonly Block[]> {
  const { link, asked } = await chokedWhileWaiting(tools, fixture);
  const answered = new Set(link.all.flatMap(answerIn).map(keyOf));
  const allowed = new Set(link.all.filter(({ id }) => id === ids.allowedFast).map(indexOf));
  return asked.filter((block) => !answered.has(keyOf(block)) && !allowed.has(block.index));
}

function longTorrent({ torrent }: WireTools): Fixture {
  return torrent({ pieces: 20, pieceLength: 64 * blockLength });
}

interface Waiting {
  readonly link: PeerLink;
  readonly asked: readonly Block[];
}

/** Many peers that do not read, each with a long list of requests, until one of them was choked. */
async function chokedWhileWaiting(tools: Context & WireTools, fixture: Fixture): Promise<Waiting> {
  const client = await tools.seeding(fixture);
  const links: PeerLink[] = [];
  for (let each = 0; each < crowd; each++) {
    const link = await fastLink(client);
    link.send(ids.interested);
    links.push(link);
  }
  await unchoked(client, links[0]!);
  const asked = Array.from({ length: requests }, (_, at) => blockAt(at));
  /** How much each had heard when it asked. */
  const waiting = new Map<PeerLink, number>();
  const since = (link: PeerLink) => link.all.slice(waiting.get(link));
  const isChoked = (link: PeerLink) => since(link).some(({ id }) => id === ids.choke);
  const isDone = (link: PeerLink) => since(link).flatMap(answerIn).length >= asked.length;
  for (let turn = 0; turn < turns; turn++) {
    for (const link of links) {
      if (waiting.size >= askers || !link.all.some(({ id }) => id === ids.unchoke)) continue;
      waiting.set(link, link.all.length);
      link.pause();
      for (const block of asked) requestBlock(link, block);
    }
    await settle(tools, client);
    await tools.elapse(turnMs);
    const choked = [...waiting.keys()].map(async (link) => {
      link.resume();
      // Behind all that was sent before: megabytes.
      await link.until('a choke, or all that was asked for', () => isChoked(link) || isDone(link));
      if (!isChoked(link)) throw new Finding('what comes', 'a choke', 'all that was asked for');
      return link;
    });
    const link = await Promise.any(choked).catch(() => undefined);
    if (link !== undefined) {
      await settle(tools, client);
      await link.settles(() => link.all.flatMap(answerIn).length >= asked.length);
      return { link, asked };
    }
    // Those that were served all of it ask again.
    waiting.clear();
  }
  return tools.unsupported(`it chokes nobody of ${crowd} within ${(turns * turnMs) / 1_000} s`);
}

function blockAt(at: number): Block {
  return { index: Math.floor(at / 64), begin: (at % 64) * blockLength, length: blockLength };
}

/** When it was asked for: the inverse of `blockAt`. */
function placeOf(reject: Message): number {
  const { index, begin } = blockOf(reject);
  return index * 64 + begin / blockLength;
}

/** The block that a message serves or refuses. */
function answerIn(message: Message): readonly Block[] {
  if (message.id === ids.reject) return [blockOf(message)];
  return message.id === ids.piece ? [carriedBy(message)] : [];
}

async function settle({ quiet }: Context, client: { answers(): Promise<void> }): Promise<void> {
  await quiet(
    () => [],
    () => client.answers(),
  );
}
