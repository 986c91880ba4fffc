/**
 * The state of one conversation, both sides (BEP 3, peer protocol; BEP 6): plain data that connection.ts changes by what we
 * say and hear.ts by what the peer says.
 */
import type { Environment } from '@ferro/core';
import { readU32 } from '@ferro/core';
import { MessageEncoder } from './encoder.ts';
import { type Extension, ExtensionSet } from './extension.ts';
import { Bounds } from './geometry.ts';
import type { WireLimits } from './limits.ts';
import { AskedBlocks, WaitingRequests } from './requests.ts';
import type { Negotiable, WireState } from './rules.ts';

export class Conversation {
  readonly limits: WireLimits;
  readonly encoder: MessageEncoder;
  readonly extensions: ExtensionSet;
  readonly bounds: Bounds;
  /** What we asked and what they asked. */
  readonly asked: AskedBlocks;
  readonly waiting: WaitingRequests;

  state: WireState = 'handshake';
  negotiated: Readonly<Record<Negotiable, boolean>> = { fast: false, extensions: false };

  /** We choke them; they choke us. */
  choking = true;
  choked = true;
  /** We want something of theirs; they want something of ours. */
  interested = false;
  interesting = false;

  /** We have said which pieces we have, or that we have none. */
  announced = false;
  /** Pieces that we let them fetch while choked, and those that they let us. */
  readonly granted: Set<number> = new Set();
  readonly allowed: Set<number> = new Set();
  /** How many requests they let wait, if they have said it. */
  theirQueue: number | undefined;
  /** Whether the bytes that come now are those of a block that was asked for. */
  blockWanted = false;

  constructor(environment: Environment, limits: WireLimits, extensions: readonly Extension[]) {
    this.limits = limits;
    this.encoder = new MessageEncoder(limits.outputBuffer);
    this.extensions = new ExtensionSet(extensions);
    this.bounds = new Bounds(limits);
    const seed = new Uint8Array(4);
    environment.random(seed);
    this.asked = new AskedBlocks(limits, readU32(seed, 0));
    this.waiting = new WaitingRequests(readU32(seed, 0));
  }
}
