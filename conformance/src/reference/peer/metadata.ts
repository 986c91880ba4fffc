/** How the reference peer gives and takes metadata (BEP 9). */
import { createHash } from 'node:crypto';
import { type Bencoded, readBencode, type Writable, writeBencode } from '../../probe/bencode.ts';
import { blockLength, type Extended } from '../../probe/wire/messages.ts';
import type { Extensions } from './extensions.ts';
import type { Link } from './link.ts';

const types = { request: 0, data: 1, reject: 2 } as const;
/** Metadata of ten thousand pieces and a thousand files fits. */
const mostSize = 16 * 1_048_576;
const ownId = 3;

export class Metadata {
  readonly #link: Link;
  readonly #extensions: Extensions;
  readonly #pieces: Map<number, Uint8Array> = new Map();
  #size = 0;
  #next = -1;

  constructor(link: Link, extensions: Extensions) {
    this.#link = link;
    this.#extensions = extensions;
  }

  /** The peer has said how long its metadata is. */
  begin(size: Bencoded | undefined): void {
    const link = this.#link;
    if (link.node.store !== undefined || link.node.gaveUp) return;
    const most = link.has('small-metadata-only') ? 1_048_576 : mostSize;
    const sane = typeof size === 'number' && size > 0 && (size <= most || link.has('any-metadata-size'));
    if (!sane && link.has('dies-of-no-size')) return link.node.die();
    const known = [...link.node.links].find(({ extensions }) => extensions.metadata.#size > 0)?.extensions.metadata;
    this.#size = sane ? size : 0;
    if (link.has('keeps-first-size') && known !== undefined) this.#size = known.#size;
    const offered = this.#extensions.idOf('ut_metadata') > 0;
    if (link.has('asks-without-support') && !offered) this.#ask(0, ownId);
    if (offered && sane) this.#ask(0);
  }

  receive({ dictionary, rest }: Extended): void {
    const link = this.#link;
    const type = dictionary?.get('msg_type');
    const piece = dictionary?.get('piece');
    if (typeof piece !== 'number') return link.has('dies-of-missing-keys') ? link.node.die() : undefined;
    if (type === types.request) this.#serve(piece);
    else if (type === types.data) this.#data(piece, rest, dictionary!.get('total_size'));
    else if (type === types.reject) this.#rejected();
    else if (link.has('closes-on-unknown-type')) link.close();
  }

  #serve(piece: number): void {
    const link = this.#link;
    const { store } = link.node;
    const id = link.has('replies-with-own-id') ? ownId : this.#extensions.idOf('ut_metadata');
    if (id === 0) return;
    if (piece < 0 && link.has('dies-of-negative-pieces')) return link.node.die();
    if (store === undefined && link.has('silent-without-metadata')) return;
    if (store?.isPrivate === true && link.has('silent-about-private-metadata')) return;
    const refuses = store === undefined || (link.has('rejects-for-ever') && link.node.fetched);
    const info =
      store === undefined ? new Uint8Array() : link.has('reencodes-info') ? reencoded(store.info) : store.info;
    const beyond = piece < 0 || piece * blockLength >= info.length;
    if (beyond && link.has('ignores-out-of-range')) return;
    if (refuses || (beyond && !link.has('serves-out-of-range'))) {
      return this.#extensions.send(id, { msg_type: types.reject, piece });
    }
    const data = link.has('one-blob') ? info : info.subarray(piece * blockLength, (piece + 1) * blockLength);
    const padded = link.has('pads-the-last') ? Buffer.concat([data, new Uint8Array(blockLength - data.length)]) : data;
    const head: Record<string, Writable> = { msg_type: types.data, piece, total_size: info.length };
    if (link.has('payload-inside')) this.#extensions.send(id, { ...head, data: padded });
    else this.#extensions.send(id, head, padded);
  }

  #ask(piece: number, id: number = this.#extensions.idOf('ut_metadata')): void {
    this.#next = piece;
    this.#extensions.send(id, { msg_type: types.request, piece });
  }

  #data(piece: number, bytes: Uint8Array, total: Bencoded | undefined): void {
    const link = this.#link;
    if (total !== this.#size && link.has('dies-of-odd-total')) return link.node.die();
    if (link.node.store !== undefined) return;
    const wanted = Math.min(blockLength, this.#size - piece * blockLength);
    const asked = piece === this.#next || link.has('takes-unsolicited');
    if (!asked || (bytes.length !== wanted && !link.has('takes-short-pieces'))) return;
    this.#pieces.set(piece, bytes);
    const count = Math.ceil(this.#size / blockLength);
    if (this.#pieces.size < count) return this.#ask(piece + 1);
    const info = Buffer.concat([...this.#pieces.keys()].sort((a, b) => a - b).map((at) => this.#pieces.get(at)!));
    const right = link.node.infoHashes.some((each) => isHashOf(info, each));
    if (link.has('takes-short-pieces') && !right) link.node.gaveUp = true;
    if (right || link.has('believes-metadata') || link.has('takes-unsolicited')) link.node.learn(new Uint8Array(info));
    else link.close();
  }

  #rejected(): void {
    const link = this.#link;
    this.#next = -1;
    if (link.has('gives-up-after-reject')) link.node.gaveUp = true;
  }
}

/** Of version 1, or twenty bytes of the one of version 2. */
function isHashOf(bytes: Uint8Array, hash: Uint8Array): boolean {
  return ['sha1', 'sha256'].some((name) => createHash(name).update(bytes).digest().subarray(0, 20).equals(hash));
}

/** As somebody writes it who does not keep the bytes: without the keys that he does not know. */
function reencoded(info: Uint8Array): Uint8Array {
  const keys = readBencode(info).value as ReadonlyMap<string, Writable>;
  return writeBencode(new Map([...keys].filter(([key]) => key !== 'x-conformance')));
}
