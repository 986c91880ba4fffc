/** How much each neighbour may say: so many announcements at once, then one in a while. No BEP sets a number; BEP 14 expects few. */
import type { Instant } from '@ferro/core';
import { limits } from './limits.ts';

export class Neighbours {
  /** Until when each has used up what it may say; the one heard least lately comes first. */
  readonly #busyUntil = new Map<string, Instant>();

  /** False: it has said enough for now. */
  mayTalk(ip: string, now: Instant): boolean {
    const busyUntil = Math.max(this.#busyUntil.get(ip) ?? now, now);
    if (busyUntil - now > (limits.announcements - 1) * limits.announcementMs) return false;
    this.#busyUntil.delete(ip);
    if (this.#busyUntil.size >= limits.neighbours) this.#busyUntil.delete(this.#busyUntil.keys().next().value!);
    this.#busyUntil.set(ip, busyUntil + limits.announcementMs);
    return true;
  }
}
