/** BEP 3, trackers; BEP 7: how parameters are written, and which of them are not to be trusted. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { isBencodedDictionary, readAnswer } from '../../probe/http-tracker/answer.ts';
import { escapeByte, escapeBytes } from '../../probe/http-tracker/http.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';
/** Of a net that is kept for documentation, so that nobody has it. */
const stranger = '198.51.100.7';
const believed = { 'source used': 'pass', refused: 'pass', 'stranger listed': 'fail' } as const;

export const parameters: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.percent-case',
    title: 'an info-hash is the same however it is escaped',
    section,
    killedBy: { 'compares-escapes': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash((each) => {
        const usual = escapeBytes(each);
        return /%[0-9A-F]*[A-F]/.test(usual) && /(^|[^%])[A-Za-z~]/.test(usual);
      });
      const usual = escapeBytes(hash);
      const lower = usual.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());
      const ways = [usual, lower, [...hash].map(escapeByte).join('')];
      const peers = ways.map(() => tracker.peer());
      for (const [at, way] of ways.entries()) await peers[at]!.announce(hash, { info_hash: way });
      const ports = portsOf((await tracker.peer().announce(hash)).peers);
      for (const [at, way] of ways.entries()) expect(ports, `ports, with that of ${way}`).includes(peers[at]!.port);
    },
  }),

  defineCase({
    id: 'bep3.tracker.plus-sign',
    title: 'a plus sign in an info-hash is one byte, escaped or not',
    section,
    alternatives: { 'one swarm': 'pass', 'two swarms': 'fail' },
    killedBy: { 'plus-is-space': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      const hash = infoHash((each) => each.includes(0x2b));
      const raw = tracker.peer();
      await raw.announce(hash, { info_hash: escapeBytes(hash).replaceAll('%2B', '+') });
      const { peers } = await tracker.peer().announce(hash);
      outcome(portsOf(peers).includes(raw.port) ? 'one swarm' : 'two swarms');
    },
  }),

  defineCase({
    id: 'bep3.tracker.duplicate-params',
    title: 'which of two info-hashes in one announce is meant',
    section,
    killedBy: { 'last-duplicate-wins': 'info' },
    async run({ tracker, infoHash, observe }) {
      const hashes = [infoHash(), infoHash()];
      const ports: number[] = [];
      for (const hash of hashes) {
        const peer = tracker.peer();
        await peer.announce(hash);
        ports.push(peer.port);
      }
      const both = hashes.map(escapeBytes).join('&info_hash=');
      const http = await tracker.peer().rawAnnounce(hashes[0]!, { info_hash: both });
      const answer = isBencodedDictionary(http) ? readAnswer(http) : undefined;
      if (answer === undefined || answer.failure !== undefined) return observe('of two info-hashes', 'refused');
      const meant = ['the first', 'the last'].filter((_, at) => portsOf(answer.peers).includes(ports[at]!));
      observe('of two info-hashes', meant.join(' and ') || 'neither');
    },
  }),

  defineCase({
    id: 'bep3.tracker.ip-param-spoof',
    title: 'a public stranger named in ip= is not listed',
    section,
    alternatives: believed,
    killedBy: { 'trusts-address-parameter': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      const hash = infoHash();
      const { failure } = await tracker.peer().tryAnnounce(hash, { ip: stranger });
      if (failure !== undefined) return outcome('refused');
      const { peers } = await tracker.peer().announce(hash);
      outcome(peers.some(({ ip }) => ip === stranger) ? 'stranger listed' : 'source used');
    },
  }),

  defineCase({
    id: 'bep7.tracker-ignores-ipv4-param',
    title: 'a public stranger named in ipv4= is not listed',
    section: 'BEP 7, announce parameter',
    alternatives: believed,
    killedBy: { 'trusts-ipv4-parameter': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      const hash = infoHash();
      const { failure } = await tracker.peer().tryAnnounce(hash, { ipv4: stranger });
      if (failure !== undefined) return outcome('refused');
      const { peers } = await tracker.peer().announce(hash);
      outcome(peers.some(({ ip }) => ip === stranger) ? 'stranger listed' : 'source used');
    },
  }),
];
