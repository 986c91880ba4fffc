/**
 * What one peer has been told, and what it is to be told next (BEP 11, protocol extension): the difference between who is
 * connected now and who was when it last heard. Who came and went in between is not mentioned.
 */
import { type Address, formatAddress } from '@ferro/core';
import { limits } from './limits.ts';
import type { PexMessage, PexPeer } from './message.ts';
import { mayPass } from './reach.ts';
import type { PexRoster } from './roster.ts';

export class Telling {
  readonly #roster: PexRoster;
  /** The peer that is told: what is out of its reach is left out. */
  readonly #ip: string;
  readonly #told = new Map<string, Address>();
  /** It has been told of all who are gone up to this one. */
  #recentOrder = -1;
  #isFirst = true;
  /** The roster as it was when nothing was left to tell. */
  #version: number | undefined;

  constructor(roster: PexRoster, ip: string) {
    this.#roster = roster;
    this.#ip = ip;
  }

  /** Undefined: it knows everything. `self`: its own address. */
  next(self: string | undefined): PexMessage | undefined {
    const { version } = this.#roster;
    if (this.#version === version) return undefined;
    const dropped = this.#dropped();
    const added: PexPeer[] = [];
    let isDone = this.#addLive(added, self) && dropped.length < limits.dropped;
    const liveCount = added.length;
    if (isDone) isDone = this.#addRecent(added, dropped, self);
    // Contacts that are not live have to be dropped with the next message.
    if (isDone && added.length === liveCount) this.#version = version;
    if (added.length === 0 && dropped.length === 0) return undefined;
    this.#isFirst = false;
    return { added, dropped };
  }

  #dropped(): Address[] {
    const dropped: Address[] = [];
    for (const [key, address] of this.#told) {
      if (dropped.length >= limits.dropped) break;
      if (this.#roster.live.has(key)) continue;
      this.#told.delete(key);
      dropped.push(address);
    }
    return dropped;
  }

  /** False: there are more than fit. */
  #addLive(added: PexPeer[], self: string | undefined): boolean {
    for (const [key, peer] of this.#roster.live) {
      if (key !== self && !this.#told.has(key) && !this.#add(added, key, peer)) return false;
    }
    return true;
  }

  #addRecent(added: PexPeer[], dropped: readonly Address[], self: string | undefined): boolean {
    const skipped = new Set(dropped.map(formatAddress));
    for (const { key, peer, order } of this.#roster.recent) {
      if (order <= this.#recentOrder || key === self || skipped.has(key) || this.#told.has(key)) continue;
      if (!this.#add(added, key, peer)) return false;
    }
    for (const { order } of this.#roster.recent) this.#recentOrder = Math.max(this.#recentOrder, order);
    return true;
  }

  /** False: the message is full. */
  #add(added: PexPeer[], key: string, peer: PexPeer): boolean {
    if (!mayPass(peer.address, this.#ip)) return true;
    if (added.length >= (this.#isFirst ? limits.addedFirst : limits.added)) return false;
    this.#told.set(key, peer.address);
    added.push(peer);
    return true;
  }
}
