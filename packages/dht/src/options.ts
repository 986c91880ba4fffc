/** How a node may be set up. All has defaults that are right for a node on the internet. */
import type { Address, AddressFamily, Id20 } from '@ferro/core';

export interface DhtOptions {
  /** Our id in both networks, until the network tells us our address (BEP 42). Default: saved, or random. */
  readonly id?: Id20;
  /** What snapshot() gave: ids and good nodes, asked first. */
  readonly saved?: Uint8Array;
  /** Well-known nodes to enter the network by. They are asked only while we know nobody, and never handed on. */
  readonly routers?: readonly Address[];
  /** Asks but does not answer (BEP 43): behind a NAT that lets nothing in, or where traffic costs. */
  readonly readOnly?: boolean;
  /** Networks to take part in. Default: both. */
  readonly families?: readonly AddressFamily[];
  /**
   * Which addresses the rule of one node per network (/24, /64) holds for. Default `public`: not for private, loopback and
   * link-local ones, where neighbours share a network. Such addresses may have any id as well (BEP 42).
   */
  readonly restrict?: 'public' | 'all' | 'none';
  /** Disjoint paths of a lookup. Default 2. With 1 it asks half as many questions, and many hostile nodes can lead it astray. */
  readonly paths?: number;
  /** Queries a second that one address is answered. */
  readonly queriesPerSecond?: number;
  /** Answers a second to everybody together. */
  readonly answersPerSecond?: number;
  /** Peers stored for others, per network. */
  readonly peers?: number;
  /** Items stored for others. */
  readonly items?: number;
  /** Four bytes that say which program this is (BEP 20). */
  readonly version?: Uint8Array;
}
