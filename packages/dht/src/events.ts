/** What a node tells its owner. */
import type { Address, AddressFamily, Id20, ProtocolError } from '@ferro/core';
import type { Item } from './items.ts';
import type { BodyFields } from './krpc-body.ts';
import type { LookupMethod, LookupStatistics } from './lookup.ts';

/** How a lookup ended. */
export interface LookupDone {
  readonly type: 'done';
  /** The `id` of the lookup. */
  readonly lookup: number;
  readonly method: LookupMethod;
  readonly target: Id20;
  readonly family: AddressFamily;
  readonly statistics: LookupStatistics;
  /** Nodes that took what was to be stored. */
  readonly stored: number;
  /** The last refusal, if a node would not store: a code of BEP 5 or 44. */
  readonly refused: { readonly code: number; readonly message: string } | undefined;
  /** The newest item that was found. */
  readonly item: Item | undefined;
  /** About how many peers there are (BEP 33), if that was asked for and any node knew. */
  readonly swarm: { readonly seeds: number; readonly peers: number } | undefined;
}

export type DhtEvent =
  /** We know nodes of this family now. Comes once for each. */
  | { readonly type: 'ready'; readonly family: AddressFamily; readonly nodes: number }
  /** A lookup has found peers that it has not reported before. */
  | { readonly type: 'peers'; readonly lookup: number; readonly infoHash: Id20; readonly peers: readonly Address[] }
  /** A lookup has found an item, checked; for a mutable one each event is newer than the one before. */
  | { readonly type: 'item'; readonly lookup: number; readonly item: Item }
  | LookupDone
  /** The answer to a single question. Byte strings in `body` are borrowed. */
  | {
      readonly type: 'answer';
      readonly query: number;
      readonly from: Address;
      readonly id: Id20;
      readonly body: BodyFields;
      readonly roundTripMs: number;
    }
  /** A single question has no answer, or was refused. */
  | {
      readonly type: 'failed';
      readonly query: number;
      readonly from: Address;
      readonly reason: 'timeout' | ProtocolError;
    }
  /** Several nodes agree on our address; our id belongs to it now (BEP 42). */
  | { readonly type: 'address'; readonly family: AddressFamily; readonly ip: string; readonly id: Id20 }
  /** A datagram that is no part of any conversation, or breaks a rule. */
  | { readonly type: 'ignored'; readonly from: Address; readonly reason: ProtocolError };

/** Counts of datagrams since the start. */
export interface Traffic {
  /** Questions that we were asked. */
  readonly questions: number;
  /** Those among them that went unanswered, because the asker or all together asked too much. */
  readonly refused: number;
  /** Questions that we asked. */
  readonly asked: number;
  /** Those among them that were answered, be it with an error. */
  readonly answered: number;
  /** Those among them that were not answered in time. */
  readonly unanswered: number;
}
