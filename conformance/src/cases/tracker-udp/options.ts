/** BEP 41: what may follow an announce, and how it is skipped. */
import type { Case } from '../../case.ts';
import { writeAnnounce } from '../../probe/udp-tracker/packets.ts';
import { defineCase } from './define.ts';

const section = 'BEP 41, extension format';
const types = 'BEP 41, option types';

/** An announce with this behind it has to be answered like any other. */
const accepted = (tail: Uint8Array): Parameters<typeof defineCase>[0]['run'] => {
  return async ({ tracker, infoHash, expect }) => {
    const reply = await (await tracker.peer()).announce(infoHash(), { tail });
    expect(reply.leechers, 'leechers in a new swarm with one').is(1);
  };
};

export const options: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.announce-options-tail',
    title: 'an announce with the path of its URL behind it is answered',
    section: 'BEP 15, UDP tracker protocol; BEP 41',
    killedBy: { 'no-options': 'fail' },
    run: accepted(urlData('/announce?a=b')),
  }),

  defineCase({
    id: 'bep41.tracker-accepts-nop-end',
    title: 'padding and the end mark have no length byte',
    section: types,
    killedBy: { 'nop-has-a-length': 'fail' },
    run: accepted(Uint8Array.of(1, 1, 0)),
  }),

  defineCase({
    id: 'bep41.tracker-unknown-option',
    title: 'an option of an unknown type is skipped by its length',
    section,
    killedBy: { 'known-options-only': 'fail' },
    run: accepted(Uint8Array.of(0x77, 3, 1, 2, 3)),
  }),

  defineCase({
    id: 'bep41.tracker-zero-length-option',
    title: 'an option without data is an option',
    section: types,
    killedBy: { 'no-empty-options': 'fail' },
    run: accepted(Uint8Array.of(2, 0)),
  }),

  defineCase({
    id: 'bep41.tracker-stop-at-end',
    title: 'what stands behind the end mark is not read',
    section: types,
    killedBy: { 'reads-on-after-the-end': 'fail' },
    run: accepted(Uint8Array.of(1, 0, 2, 0xff, 0x77, 0xff)),
  }),

  defineCase({
    id: 'bep41.tracker-truncated-option',
    title: 'an option that claims more than the packet has is no trouble',
    section,
    alternatives: { answered: 'pass', error: 'pass', ignored: 'pass' },
    killedBy: { 'dies-of-truncated-options': 'crash' },
    async run({ tracker, infoHash, quiet, outcome }) {
      const link = await tracker.peer();
      const announce = link.announceOf(infoHash(), { tail: Uint8Array.of(2, 0xff, 0x2f, 0x61, 0x62) });
      link.datagrams.send(writeAnnounce(link.connection, link.transaction(), announce));
      const [reply] = await quiet(
        () => link.replies(),
        () => tracker.peer(),
      );
      outcome(reply === undefined ? 'ignored' : reply.type === 'error' ? 'error' : 'answered');
    },
  }),

  defineCase({
    id: 'bep41.tracker-urldata-routing',
    title: 'a tracker with keys reads the key in the URL data',
    section: 'BEP 41, use cases',
    killedBy: { 'checks-passkeys': 'info' },
    async run({ tracker, infoHash, observe }) {
      const link = await tracker.peer();
      const reply = await link.tryAnnounce(infoHash(), { tail: urlData('/announce?passkey=unknown') });
      observe('an unknown key is', reply.type === 'error' ? 'refused' : 'not looked at');
    },
  }),
];

function urlData(text: string): Uint8Array {
  return Uint8Array.of(2, text.length, ...Buffer.from(text));
}
