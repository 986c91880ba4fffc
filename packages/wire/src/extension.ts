/**
 * How the protocol grows (BEP 10). An extension is a core with a name: it receives payloads and flushes payloads. This file
 * gives the names their numbers in both directions, frames, routes, and passes on what each side offers. There is no
 * registry and there are no hooks: a connection is made with the extensions that it has.
 */
import type { BencodeDictionary, BencodeInput } from '@ferro/bencode';
import type { Core, Instant } from '@ferro/core';
import type { MessageEncoder } from './encoder.ts';
import { type ExtendedHandshake, type ExtendedOffer, encodeExtendedHandshake } from './extended-handshake.ts';

/**
 * receive() may throw a ProtocolError: the connection then closes with it. What flush() returns goes to the peer as messages
 * of this extension; it is not asked for while the peer does not support the extension.
 */
export interface Extension<Name extends string = string, Event = unknown> extends Core<Uint8Array, Uint8Array, Event> {
  /** `ut_metadata`: the key in the `m` dictionary of both sides. */
  readonly name: Name;
  /** Fields to add to our extended handshake, such as `metadata_size`. */
  offer(): { readonly [key: string]: BencodeInput };
  /** Their extended handshake, each time one comes, while they support this extension. */
  accept(handshake: BencodeDictionary): readonly Event[];
  /** They have turned this extension off. */
  withdraw?(): void;
}

/** What an extension reports, with its name: `event.event` narrows by `event.name`. */
export type ExtensionEvent<X> =
  X extends Extension<infer Name, infer Event>
    ? { readonly type: 'extension'; readonly name: Name; readonly event: Event }
    : never;

interface Member {
  readonly extension: Extension;
  /** The id by which they send to us. */
  readonly ourId: number;
  /** The id by which we send to them; 0: they do not support it. */
  theirId: number;
  enabled: boolean;
}

/** All extensions of one connection. */
export class ExtensionSet {
  readonly #members: readonly Member[];

  constructor(extensions: readonly Extension[]) {
    if (new Set(extensions.map(({ name }) => name)).size !== extensions.length || extensions.length > 255) {
      throw new TypeError('a connection has at most 255 extensions, each with its own name');
    }
    this.#members = extensions.map((extension, index) => ({
      extension,
      ourId: index + 1,
      theirId: 0,
      enabled: true,
    }));
  }

  get deadline(): Instant {
    let earliest = Number.POSITIVE_INFINITY;
    for (const member of this.#members) earliest = Math.min(earliest, member.extension.deadline);
    return earliest;
  }

  /** The payload of our extended handshake. */
  offer(about: Omit<ExtendedOffer, 'ids' | 'more'>): Uint8Array {
    const ids = new Map<string, number>();
    const more: { [key: string]: BencodeInput } = {};
    for (const { extension, ourId, enabled } of this.#members) {
      ids.set(extension.name, enabled ? ourId : 0);
      if (enabled) Object.assign(more, extension.offer());
    }
    return encodeExtendedHandshake({ ...about, ids, more });
  }

  /** False if nothing changes by it, or there is no such extension. */
  enable(name: string, enabled: boolean): boolean {
    const member = this.#members.find(({ extension }) => extension.name === name);
    if (member === undefined || member.enabled === enabled) return false;
    member.enabled = enabled;
    return true;
  }

  /** Their extended handshake: numbers first, then each extension that they support reads what concerns it. */
  accept(handshake: ExtendedHandshake, events: unknown[]): void {
    for (const member of this.#members) {
      const id = handshake.ids.get(member.extension.name);
      if (id === 0 && member.theirId !== 0) member.extension.withdraw?.();
      if (id !== undefined) member.theirId = id;
      if (member.theirId === 0 || !member.enabled) continue;
      report(member, member.extension.accept(handshake.dictionary), events);
    }
  }

  /** A message by one of our ids. Others are ignored: they may concern what we have just turned off. */
  receive(id: number, payload: Uint8Array, events: unknown[]): void {
    const member = this.#members[id - 1];
    if (member?.enabled) report(member, member.extension.receive(payload), events);
  }

  tick(now: Instant, events: unknown[]): void {
    for (const member of this.#members) {
      if (member.extension.deadline <= now) report(member, member.extension.tick(), events);
    }
  }

  flush(encoder: MessageEncoder): void {
    for (const { extension, theirId, enabled } of this.#members) {
      if (theirId === 0 || !enabled) continue;
      for (const payload of extension.flush()) encoder.extended(theirId, payload);
    }
  }
}

function report(member: Member, inner: readonly unknown[], events: unknown[]): void {
  for (const event of inner) events.push({ type: 'extension', name: member.extension.name, event });
}
