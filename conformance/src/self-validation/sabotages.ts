/** What the saboteur does to a tracker's answers, and which cases have to see it. */

import type { Outcome } from '../grading.ts';
import { type BencodedMap, readBencode, type Writable, writeBencode } from '../probe/bencode.ts';
import { actions } from '../probe/udp-tracker/packets.ts';
import type { Sabotage } from './saboteur.ts';

export interface NamedSabotage extends Sabotage {
  readonly name: string;
  /** Cases that pass without it and have to give this with it. */
  readonly seenBy: Readonly<Record<string, Outcome>>;
}

export const sabotages: readonly NamedSabotage[] = [
  {
    name: 'nothing',
    seenBy: {},
  },
  {
    name: 'counters of announces over UDP swapped',
    seenBy: { 'bep15.tracker.announce-counters-order': 'fail' },
    // Turned round as a whole, then each number by itself: the two change places.
    datagram: onAction(actions.announce, (reply) => reply.subarray(12, 20).swap64().swap32()),
  },
  {
    name: 'scrapes over UDP dropped',
    seenBy: { 'bep15.tracker.scrape-one': 'fail', 'bep15.tracker.scrape-many': 'fail' },
    datagram: (reply) => (actionOf(reply) === actions.scrape ? undefined : reply),
  },
  {
    name: 'peers over UDP cut off',
    seenBy: { 'bep15.tracker.announce-lists-peer': 'fail', 'bep15.tracker.announce-port': 'fail' },
    datagram: (reply) => (actionOf(reply) === actions.announce ? reply.subarray(0, 20) : reply),
  },
  {
    name: 'transaction ids of connects lost',
    seenBy: { 'bep15.tracker.transaction-echo': 'fail' },
    datagram: onAction(actions.connect, (reply) => {
      if (reply.readUInt32BE(4) === 0xffff_ffff) reply.writeInt32BE(0x7fff_ffff, 4);
    }),
  },
  {
    name: 'interval left out',
    seenBy: { 'bep3.tracker.interval-present': 'fail' },
    body: rewrite((fields) => fields.delete('interval')),
  },
  {
    name: 'peers left out',
    seenBy: { 'bep3.tracker.peers-present': 'fail', 'bep3.tracker.returns-announced-peer': 'fail' },
    body: rewrite((fields) => fields.delete('peers')),
  },
  {
    name: 'keys of answers in another order',
    seenBy: { 'bep3.tracker.response-canonical': 'fail' },
    body: rewrite((fields) => {
      const [first, value] = [...fields][0]!;
      fields.delete(first);
      fields.set(first, value);
    }),
  },
  {
    name: 'reasons of failures as numbers',
    seenBy: { 'bep3.tracker.failure-is-string': 'fail' },
    body: rewrite((fields) => {
      if (fields.has('failure reason')) fields.set('failure reason', 7);
    }),
  },
  {
    name: 'counters of scrapes swapped',
    seenBy: { 'bep48.counts-complete': 'fail' },
    body: rewrite((fields) => {
      const files = fields.get('files');
      if (!(files instanceof Map)) return;
      for (const [hash, counts] of files as Map<string, BencodedMap>) {
        const swapped = new Map(counts);
        swapped.set('complete', counts.get('incomplete')!).set('incomplete', counts.get('complete')!);
        (files as Map<string, BencodedMap>).set(hash, swapped);
      }
    }),
  },
];

function actionOf(reply: Uint8Array): number {
  return reply.length < 8 ? -1 : Buffer.from(reply).readUInt32BE(0);
}

function onAction(action: number, change: (reply: Buffer) => void): (reply: Uint8Array) => Uint8Array {
  return (reply) => {
    const copy = Buffer.from(reply);
    if (actionOf(copy) === action) change(copy);
    return copy;
  };
}

/** Changes the fields of an answer; what is no bencoded dictionary goes through as it is. */
function rewrite(change: (fields: Map<string, Writable>) => void): (body: Uint8Array) => Uint8Array {
  return (body) => {
    let value: unknown;
    try {
      value = readBencode(body).value;
    } catch {
      return body;
    }
    if (!(value instanceof Map)) return body;
    change(value);
    return writeBencode(value as Map<string, Writable>);
  };
}
