/** BEP 41: the path and the query of a tracker's URL, behind an announce over UDP. */
import type { Case } from '../../case.ts';
import type { Packet } from '../../probe/announce/udp-spy.ts';
import { defineCase } from './define.ts';

const section = 'BEP 41, URL data';
/** Where the options begin. */
const head = 98;
const urlData = 2;

export const urlDataCases: readonly Case[] = [
  defineCase({
    id: 'bep41.urldata-sent',
    title: 'the path and the query of the URL are told',
    section,
    killedBy: { 'no-options': 'unimplemented' },
    async run({ udp, start, expect, unsupported }) {
      const tracker = await udp();
      await start({ announce: `${tracker.url}?a=b` });
      const packet = await tracker.announced();
      if (packet.bytes.length === head) return unsupported('it sends no options');
      expect(pathIn(packet), 'path and query').is('/announce?a=b');
    },
  }),
  defineCase({
    id: 'bep41.urldata-length',
    title: 'a path and a query of three hundred bytes come in parts, in order',
    section,
    gate: 'bep41.urldata-sent',
    killedBy: { 'cuts-url-data': 'fail' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      const query = `?a=${'0123456789'.repeat(30)}`;
      await start({ announce: tracker.url + query });
      expect(pathIn(await tracker.announced()), 'path and query').is(`/announce${query}`);
    },
  }),
  defineCase({
    id: 'bep41.urldata-empty',
    title: 'where there is no path, the option is empty or left out',
    section,
    killedBy: { 'garbage-options': 'non-strict' },
    async run({ udp, start, expect, unsupported }) {
      const tracker = await udp();
      await start({ announce: tracker.url.replace('/announce', '') });
      const packet = await tracker.announced().catch(() => undefined);
      if (packet === undefined) return unsupported('on loopback it asks no tracker without a path');
      expect(pathIn(packet), 'path').oneOf(['', '/']);
    },
  }),
];

/** The URL data of all options together; undefined where there are no options but something else. */
function pathIn({ bytes }: Packet): string | undefined {
  let path = '';
  for (let at = head; at < bytes.length; ) {
    const type = bytes[at]!;
    if (type === 0) break;
    if (type === 1) at++;
    else {
      const end = at + 2 + (bytes[at + 1] ?? 0);
      if (end > bytes.length) return undefined;
      if (type === urlData) path += bytes.toString('latin1', at + 2, end);
      at = end;
    }
  }
  return path;
}
