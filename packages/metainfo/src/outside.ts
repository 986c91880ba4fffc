/**
 * What a torrent file says beside its info dictionary, as it is written (BEP 3, metainfo files; BEP 5; BEP 12; BEP 17; BEP 19):
 * shared by making and editing. One tracker is `announce` alone; one web seed is text, several are a list, as others write it.
 */
import type { BencodeInput } from '@ferro/bencode';
import type { Node } from './torrent-file.ts';

export interface Outside {
  /** Tiers. */
  readonly trackers: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly httpSeeds: readonly string[];
  readonly nodes: readonly Node[];
  readonly comment: string;
  readonly createdBy: string;
  /** Seconds since 1970. */
  readonly creationDate: number;
}

type Written = { readonly [key: string]: BencodeInput | null };

/** The entries of the dictionary that these fields become; null for those that have to go. */
export function outsideEntries(
  fields: { readonly [field in keyof Outside]?: Outside[field] | null | undefined },
): Written {
  const { trackers, webSeeds, httpSeeds, nodes, comment, createdBy, creationDate } = fields;
  return {
    ...(trackers !== undefined && trackerEntries(trackers ?? [])),
    ...(webSeeds !== undefined && { 'url-list': oneOrMany(webSeeds ?? []) }),
    ...(httpSeeds !== undefined && { httpseeds: oneOrMany(httpSeeds ?? []) }),
    ...(nodes !== undefined && { nodes: nodes?.length ? nodes.map(({ host, port }) => [host, port]) : null }),
    ...(comment !== undefined && { comment: comment || null, 'comment.utf-8': null }),
    ...(createdBy !== undefined && { 'created by': createdBy || null, 'created by.utf-8': null }),
    ...(creationDate !== undefined && { 'creation date': creationDate }),
  };
}

function trackerEntries(trackers: readonly (readonly string[])[]): Written {
  const tiers = trackers.filter((tier) => tier.length > 0);
  const first = tiers[0]?.[0] ?? null;
  return { announce: first, 'announce-list': tiers.flat().length > 1 ? tiers : null };
}

function oneOrMany(urls: readonly string[]): BencodeInput | null {
  return urls.length > 1 ? urls : (urls[0] ?? null);
}
