/** BEP 6: its messages on a link where it was not negotiated. */
import type { Case } from '../../case.ts';
import { ids, message } from '../../probe/wire/messages.ts';
import { defineCase } from '../wire/define.ts';
import { gate } from './define.ts';

const four = new Uint8Array(4);
const block = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0]);

export const unnegotiated: readonly Case[] = [
  closes('bep6.have-all-without-fast', 'have all', message(ids.haveAll)),
  closes('bep6.have-none-without-fast', 'have none', message(ids.haveNone)),
  closes('bep6.suggest-without-fast', 'a suggestion', message(ids.suggest, four)),
  closes('bep6.reject-without-fast', 'a reject', message(ids.reject, block)),
  closes('bep6.allowed-fast-without-fast', 'allowed fast', message(ids.allowedFast, four)),
];

function closes(id: string, what: string, bytes: Uint8Array): Case {
  return defineCase({
    id,
    title: `${what} without the fast extension ends the connection`,
    section: 'BEP 6',
    gate,
    killedBy: { 'accepts-unnegotiated-fast': 'fail' },
    async run({ leeching }) {
      const link = await (await leeching()).dial();
      link.sendRaw(bytes, what);
      await link.closed(`the answer to ${what}`);
    },
  });
}
