/**
 * How the reference peer speaks extended messages (BEP 10): its handshake, metadata (BEP 9), peer exchange (BEP 11), lt_donthave (BEP 54),
 * holepunch (BEP 55).
 */

import type { BencodedMap, Writable } from '../../probe/bencode.ts';
import { ipBytes } from '../../probe/endpoint.ts';
import { type Extended, type Message, numberAt, readExtended, writeExtended } from '../../probe/wire/messages.ts';
import { Holepunch } from './holepunch.ts';
import type { Link } from './link.ts';
import { Metadata } from './metadata.ts';
import { Pex } from './pex.ts';

const own = { ut_metadata: 3, ut_pex: 5, ut_holepunch: 6, lt_donthave: 7 } as const;
type Name = keyof typeof own;

export class Extensions {
  readonly metadata: Metadata;
  readonly pex: Pex;
  readonly holepunch: Holepunch;
  /** Where the peer listens, if it says so. */
  port: number | undefined;
  /** Requests that the peer takes at once, at most so many of ours. */
  requestsMost = 8;
  readonly #link: Link;
  readonly #theirs: Map<string, number> = new Map();
  #handshakes = 0;

  constructor(link: Link) {
    this.#link = link;
    this.metadata = new Metadata(link, this);
    this.pex = new Pex(link);
    this.holepunch = new Holepunch(link);
  }

  greet(): void {
    const link = this.#link;
    const tail = link.has('garbage-behind-handshake') ? Buffer.from('xx') : new Uint8Array();
    link.sendRaw(writeExtended(0, this.#offer(), tail));
  }

  /** The id under which the peer takes an extension; 0 if it does not. */
  idOf(name: Name): number {
    const link = this.#link;
    const exact = this.#theirs.get(name);
    const any = [...this.#theirs].find(([key]) => key.toLowerCase() === name)?.[1];
    const theirs = (link.has('any-case') ? any : exact) ?? 0;
    if (theirs > 0 && link.has('uses-own-ids')) return own[name];
    if (theirs === 0 && exact === 0 && link.has('ignores-id-zero')) return own[name];
    return theirs;
  }

  send(id: number, dictionary: Writable, rest?: Uint8Array): void {
    this.#link.sendRaw(writeExtended(id, dictionary, rest));
  }

  /** The metadata has come: a new handshake is not needed, requests are answered from now on. */
  learned(): void {}

  receive(each: Message): void {
    const link = this.#link;
    if (!link.extended && link.has('dies-of-unnegotiated')) return link.node.die();
    if (!link.extended) return;
    if (each.payload.length === 0) return link.has('dies-of-empty-extended') ? link.node.die() : link.close();
    const extended = readExtended(each);
    if (extended.id === 0) this.#handshake(extended);
    else if (extended.id === own.ut_metadata) this.metadata.receive(extended);
    else if (extended.id === own.ut_pex) this.pex.receive(extended);
    else if (extended.id === own.ut_holepunch) this.holepunch.receive(each.payload.subarray(1));
    else if (extended.id === own.lt_donthave) this.#dontHave(each.payload.subarray(1));
    else if (link.has('dies-of-unadvertised-id')) link.node.die();
  }

  #offer(): Writable {
    const link = this.#link;
    const { node } = link;
    const { store } = node;
    const names: Record<string, number> = {};
    if (store?.isPrivate !== true || link.has('silent-about-private-metadata')) names['ut_metadata'] = own.ut_metadata;
    if (!link.has('no-donthave')) names['lt_donthave'] = link.has('doubled-ids') ? own.ut_metadata : own.lt_donthave;
    const isPrivate = store?.isPrivate === true && !link.has('pex-in-private');
    if (!isPrivate && !link.has('no-pex')) names['ut_pex'] = own.ut_pex;
    if (!link.has('no-holepunch')) names['ut_holepunch'] = own.ut_holepunch;
    const size = store === undefined ? undefined : store.info.length + (link.has('size-of-the-file') ? 60 : 0);
    const metadataSize = size ?? (link.has('bogus-size') ? 12_345 : undefined);
    const address = link.socket.remoteAddress ?? '';
    return {
      m: names,
      ...(!link.has('source-port-as-p') && { p: node.port }),
      ...(link.has('source-port-as-p') && { p: link.socket.remotePort ?? 1 }),
      reqq: link.has('textual-reqq') ? '250' : 250,
      ...(store?.isComplete === true && { upload_only: link.has('textual-upload-only') ? '1' : 1 }),
      v: link.has('binary-version') ? Uint8Array.of(0xff, 0xfe, 0x80) : 'Reference 1',
      yourip: link.has('textual-yourip') ? address : ipBytes(address),
      ...(metadataSize !== undefined && names['ut_metadata'] !== undefined && { metadata_size: metadataSize }),
    };
  }

  #handshake({ dictionary }: Extended): void {
    const link = this.#link;
    const again = this.#handshakes++ > 0;
    if (dictionary === undefined) return link.has('dies-of-bad-bencode') ? link.node.die() : link.close();
    if (again && link.has('closes-on-second-handshake')) return link.close();
    if (again && link.has('second-handshake-replaces')) this.#theirs.clear();
    const names = dictionary.get('m');
    if (names === undefined && link.has('requires-m')) return link.close();
    if (!this.#readNames(names instanceof Map ? names : new Map())) return;
    if (!this.#readKeys(dictionary)) return;
    this.metadata.begin(dictionary.get('metadata_size'));
  }

  #readNames(names: BencodedMap): boolean {
    const link = this.#link;
    for (const [name, id] of names) {
      const staysOn = id === 0 && this.#theirs.has(name) && link.has('never-switches-off');
      if (typeof id === 'number' && !staysOn) this.#theirs.set(name, id);
      if (name in own || name.toLowerCase() in own || !link.has('closes-on-unknown-names')) continue;
      link.close();
      return false;
    }
    return true;
  }

  #readKeys(dictionary: BencodedMap): boolean {
    const link = this.#link;
    const odd = dictionary.has('reqq') && typeof dictionary.get('reqq') !== 'number';
    if (odd && link.has('closes-on-odd-keys')) {
      link.close();
      return false;
    }
    const port = dictionary.get('p');
    if (typeof port === 'number' && port > 0) this.port = port;
    if (dictionary.get('upload_only') === 1 && link.has('avoids-upload-only')) this.requestsMost = 0;
    const most = dictionary.get('reqq');
    if (typeof most === 'number' && most > 0 && !link.has('ignores-reqq')) this.requestsMost = Math.min(8, most);
    return true;
  }

  #dontHave(payload: Uint8Array): void {
    const link = this.#link;
    if (payload.length !== 4) return link.has('dies-of-short-donthave') ? link.node.die() : undefined;
    if (this.idOf('lt_donthave') === 0 && link.has('closes-on-unoffered-donthave')) return link.close();
    const piece = numberAt(payload, 0);
    if (piece >= (link.node.store?.pieceCount ?? 0) && link.has('dies-of-bad-donthave')) return link.node.die();
    if (link.has('ignores-donthave')) return;
    if (link.has('waits-after-donthave')) link.download.pieces.delete(piece);
    else link.download.lost(piece);
  }
}
