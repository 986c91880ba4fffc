/** Two whole connections mouth to mouth, each with its own roster, in virtual time. */
import { Id20 } from '@ferro/core';
import { PeerConnection, type PeerEvent } from '@ferro/wire';
import { expect, test } from 'vitest';
import { limits, OwnAddresses, PexExtension, PexRoster } from '../src/index.ts';
import { address, Clock, join, peerAt, peers } from './world.ts';

class Side {
  readonly roster = new PexRoster();
  readonly pex: PexExtension;
  readonly connection: PeerConnection<PexExtension>;
  readonly heard: { readonly at: number; readonly event: PeerEvent<PexExtension> }[] = [];

  constructor(clock: Clock, number: number, other: number, enabled = true) {
    this.pex = new PexExtension(clock, this.roster, new OwnAddresses(), address(other).ip);
    this.connection = new PeerConnection(clock, {
      infoHash: Id20.from(new Uint8Array(20).fill(7)),
      peerId: Id20.from(new Uint8Array(20).fill(number)),
      extensions: enabled ? [this.pex] : [],
    });
  }

  /** What it was told by the extension, without handshakes and keep-alives. */
  get told() {
    return this.heard.flatMap(({ at, event }) => (event.type === 'extension' ? [{ at, ...event.event }] : []));
  }
}

function pair(enabled = true) {
  const clock = new Clock();
  const sides = [new Side(clock, 1, 2), new Side(clock, 2, 1, enabled)] as const;
  const talk = () => {
    for (let quiet = false; !quiet; ) {
      quiet = true;
      for (const [from, to] of [sides, [sides[1], sides[0]]] as const) {
        for (const chunk of from.connection.flush()) {
          quiet = false;
          const copy = chunk.slice();
          for (const event of to.connection.receive(copy)) to.heard.push({ at: clock.time, event });
          copy.fill(0xa5);
        }
      }
    }
  };
  const pass = (until: number) => {
    for (talk(); ; talk()) {
      const next = Math.min(...sides.map(({ connection }) => connection.deadline));
      if (next > until) break;
      clock.time = Math.max(clock.time, next);
      for (const side of sides) for (const event of side.connection.tick()) side.heard.push({ at: clock.time, event });
    }
    clock.time = until;
  };
  return { clock, sides, pass };
}

test('BEP 11: both sides hear of the other one’s peers, at once and then once a minute', () => {
  const { sides, pass } = pair();
  for (const peer of peers(3, 10)) join(sides[0].roster, peer);
  const gone = join(sides[1].roster, peerAt(address(20), 2));
  pass(30_000);
  gone.leave();
  pass(300_000);
  expect(sides[1].told).toEqual([{ at: limits.firstMs, type: 'peers', added: peers(3, 10), dropped: [] }]);
  expect(sides[0].told).toEqual([
    { at: limits.firstMs, type: 'peers', added: [peerAt(address(20), 2)], dropped: [] },
    { at: limits.firstMs + limits.intervalMs, type: 'peers', added: [], dropped: [address(20)] },
  ]);
});

test('BEP 11: a swarm that never rests costs one message a minute, and both sides keep the rules', () => {
  const { sides, pass } = pair();
  for (let second = 0; second < 1_800; second++) {
    for (const { roster } of sides) join(roster, peerAt(address(second % 600)));
    pass(1_000 * second);
  }
  for (const { told } of sides) {
    expect(told.length).toBeGreaterThan(10);
    expect(told.length).toBeLessThanOrEqual(31);
    expect(told.filter(({ type }) => type === 'ignored')).toEqual([]);
  }
});

test('BEP 10: a peer without the extension hears nothing of it', () => {
  const { sides, pass } = pair(false);
  for (const peer of peers(3, 10)) join(sides[0].roster, peer);
  pass(600_000);
  expect(sides[1].told).toEqual([]);
  expect(sides[0].pex.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('a lying peer ends with a closed event that says why', () => {
  const { sides, pass } = pair();
  pass(1_000);
  const lies = [Uint8Array.from(Buffer.from('d5:added7:1234567e'))];
  sides[0].pex.flush = () => lies.splice(0);
  pass(2_000);
  expect(sides[1].heard.at(-1)?.event).toMatchObject({ type: 'closed', reason: { code: 'ext-pex/malformed' } });
});
