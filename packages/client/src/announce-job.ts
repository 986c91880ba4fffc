/**
 * The words that are exchanged with the announcer (BEP 3, trackers; BEP 12; BEP 21; BEP 27; BEP 31): what it wants done, what became of it,
 * what it reports; and its limits. They are plain values, so that any transport can do the jobs.
 */
import type { AddressFamily, Instant } from '@ferro/core';
import type { AnnounceEvent, AnnounceResponse, TrackerFailure } from '@ferro/tracker-http';

/** The limits of announcing, each with its reason. */
export const announcerLimits = {
  /** Trackers of one torrent: a magnet link may name ten thousand. */
  trackers: 100,
  /** Milliseconds between announces where the tracker says nothing: what most trackers say. */
  intervalMs: 1_800_000,
  /** However often a tracker wants to be asked, it is not asked more often than this. */
  intervalMinMs: 30_000,
  /** However long a tracker wants to be left alone after an answer: it forgets us, and others do not find us. */
  intervalMaxMs: 86_400_000,
  /** Milliseconds before an early announce where the tracker names no minimum: BEP 3 allows one when peers are needed. */
  earlyMs: 300_000,
  /** Milliseconds before a tracker that failed is asked again; doubles each time. */
  retryMs: 30_000,
  /** The longest such wait: a tracker that comes back is found within the hour. */
  retryMaxMs: 3_600_000,
  /** The longest wait that a tracker may ask for with a failure (BEP 31). */
  retryInMaxMs: 604_800_000,
  /** Milliseconds before a job without an outcome counts as failed: UDP needs 105 s for three tries (BEP 15). */
  jobMs: 120_000,
  /** Milliseconds for all farewells together: leaving must not wait for a dead tracker. */
  farewellMs: 5_000,
  /** Peers asked for in one announce. */
  numWant: 80,
} as const;

export interface Progress {
  readonly uploaded: number;
  readonly downloaded: number;
  /** Bytes still missing: after a resume not what the counters say. */
  readonly left: number;
  /** Downloads nothing more although pieces are missing (BEP 21). */
  readonly uploadOnly?: boolean;
}

export type AnnounceJob =
  | {
      readonly type: 'announce';
      readonly id: number;
      readonly url: string;
      /** Which family to reach the tracker by; undefined: any. */
      readonly family: AddressFamily | undefined;
      readonly event: AnnounceEvent | undefined;
      readonly uploaded: number;
      readonly downloaded: number;
      readonly left: number;
      readonly numWant: number;
      readonly key: number;
      readonly trackerId: string | undefined;
    }
  /** The outcome of this job no longer matters. */
  | { readonly type: 'cancel'; readonly id: number };

/** What became of a job: the answer or failure of tracker-http as it is, with the id; or that there was none. */
export type AnnounceOutcome = { readonly id: number } & (
  | Pick<AnnounceResponse, 'type' | 'interval' | 'minInterval' | 'trackerId'>
  | TrackerFailure
  | { readonly type: 'error'; readonly reason: string }
);

interface TrackerPlace {
  readonly url: string;
  readonly family: AddressFamily | undefined;
}

export type AnnouncerEvent =
  | ({ readonly type: 'announced'; readonly event: AnnounceEvent | undefined; readonly next: Instant } & TrackerPlace)
  | ({ readonly type: 'failed'; readonly reason: string; readonly next: Instant } & TrackerPlace)
  /** A private torrent has moved to another tracker: its peers of the old one must be let go (BEP 27). */
  | ({ readonly type: 'tracker-changed'; readonly from: string } & TrackerPlace)
  /** All farewells have been said, or their time is over. */
  | { readonly type: 'stopped' };

export interface AnnouncerOptions {
  /** Tiers of tracker URLs (BEP 12). */
  readonly tiers: readonly (readonly string[])[];
  /** Address families to announce separately; by default one announce by whatever family. */
  readonly families?: readonly AddressFamily[];
  /** Only one tracker at a time, by whatever family (BEP 27). */
  readonly private?: boolean;
  readonly numWant?: number;
  readonly intervalMinMs?: number;
  readonly earlyMs?: number;
  readonly farewellMs?: number;
}
