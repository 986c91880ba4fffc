/** What a peer that has hash trees does: it answers requests for hashes (BEP 52, peer messages), rightly or as a case wants it. */
import type { Fixture2 } from './fixture-version2.ts';
import { type HashRange, hashesFor, rangeIn, rangeMessage } from './hashes.ts';
import type { PeerLink } from './link.ts';
import { ids, type Message } from './messages.ts';

export type Giving = (honest: readonly Uint8Array[]) => readonly Uint8Array[] | undefined;

/** Answers at once, also what has come already. Gives the requests as they come, the same list all along. */
export function giveHashes(
  link: PeerLink,
  fixture: Fixture2,
  giving: Giving = (honest) => honest,
): readonly HashRange[] {
  const asked: HashRange[] = [];
  const answer = (message: Message): void => {
    const range = message.id === ids.hashRequest ? rangeIn(message) : undefined;
    if (range === undefined) return;
    asked.push(range);
    const honest = honestFor(range, fixture);
    const given = honest === undefined ? undefined : giving(honest);
    if (given === undefined) link.sendRaw(rangeMessage(ids.hashReject, range), 'hash reject');
    else link.sendRaw(rangeMessage(ids.hashes, range, ...given), `${given.length} hashes`);
  };
  for (const message of link.all) answer(message);
  link.on(answer);
  return asked;
}

/** Undefined where nobody can know them. */
function honestFor(range: HashRange, { hashed }: Fixture2): readonly Uint8Array[] | undefined {
  const { root, base, index, length, proofs } = range;
  const layers = hashed.find((each) => Buffer.compare(each.root, root) === 0)?.layers ?? [];
  const width = layers[base]?.length ?? 0;
  const isWhole = Number.isInteger(Math.log2(length)) && index % length === 0 && index + length <= width;
  return isWhole && base + proofs < layers.length - 1 ? hashesFor(layers, range) : undefined;
}
