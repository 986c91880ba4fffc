/** What the cases of BEP 52 share: torrents of version 2, requests for hashes, and what becomes of them. */
import type { Context } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import {
  type Fixture2,
  type Fixture2Options,
  type HashedFile,
  makeFixture2,
} from '../../probe/wire/fixture-version2.ts';
import { type HashRange, hashesIn, rangeMessage } from '../../probe/wire/hashes.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { ids } from '../../probe/wire/messages.ts';
import { defineCase as define } from '../wire/define.ts';

export const gate = 'bep52.wire.v2-only-handshake';
export const requesting = 'BEP 52, peer messages: hash request';

/** Who does not take torrents of version 2 is asked nothing more. */
export const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export function torrent2({ random }: Pick<Context, 'random'>, options: Fixture2Options = {}): Fixture2 {
  return makeFixture2(random, options);
}

/** The one of eight pieces, unless told otherwise. */
export function largest({ hashed }: Fixture2): HashedFile {
  return hashed.toSorted((a, b) => b.length - a.length)[0]!;
}

/** With a proof up to the root, unless told otherwise. */
export function rangeOf({ root, layers }: HashedFile, wanted: Partial<HashRange>): HashRange {
  const { base = 0 } = wanted;
  return { root, base, index: 0, length: 2, proofs: Math.max(0, layers.length - 2 - base), ...wanted };
}

export interface Reaction {
  readonly how: 'served' | 'rejected' | 'closed' | 'ignored';
  readonly payload: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

/** What a request for hashes gets; silence is one where somebody else is answered after it. */
export async function reactionTo(client: Client, link: PeerLink, range: HashRange): Promise<Reaction> {
  sendRange(link, range);
  const find = () => link.heard.find(({ id }) => id === ids.hashes || id === ids.hashReject);
  await link.settles(() => find() !== undefined);
  await client.answers();
  const answer = find();
  if (answer === undefined) return { how: link.isOpen ? 'ignored' : 'closed', payload: new Uint8Array(), hashes: [] };
  link.heard.splice(link.heard.indexOf(answer), 1);
  const isServed = answer.id === ids.hashes;
  return { how: isServed ? 'served' : 'rejected', payload: answer.payload, hashes: isServed ? hashesIn(answer) : [] };
}

export function sendRange(link: PeerLink, range: HashRange): void {
  const { base, index, length, proofs } = range;
  const words = `hash request, layer ${base}, ${index}+${length}, ${proofs} layers of proof`;
  link.sendRaw(rangeMessage(ids.hashRequest, range), words);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
