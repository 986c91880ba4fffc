/** BEP 21, extension header: peers that say that they want nothing. */
import type { Case } from '../../case.ts';
import { upload } from '../../probe/wire/uploader.ts';
import { defineCase } from '../wire/define.ts';
import { extendedLink } from '../wire/extended.ts';
import { gate } from './handshake.ts';

const section = 'BEP 21, extension header';

export const uploadOnly: readonly Case[] = [
  defineCase({
    id: 'bep21.upload-only-seed',
    title: 'who has everything says that it only uploads, or says nothing of it',
    section,
    gate,
    alternatives: { 'says nothing': 'pass', 'says 0': 'pass', 'says 1': 'pass', 'says something else': 'non-strict' },
    killedBy: { 'textual-upload-only': 'non-strict' },
    async run({ seeding, outcome }) {
      const { theirs } = await extendedLink(await seeding());
      const value = theirs.dictionary?.get('upload_only');
      if (value === undefined) return outcome('says nothing');
      outcome(value === 0 || value === 1 ? `says ${value}` : 'says something else');
    },
  }),

  defineCase({
    id: 'bep21.not-requested-from-upload-only',
    title: 'a peer that only uploads is downloaded from',
    section,
    gate,
    killedBy: { 'avoids-upload-only': 'non-strict' },
    async run({ leeching }) {
      const client = await leeching();
      const { link } = await extendedLink(client, { m: {}, upload_only: 1 });
      upload(link, client.fixture);
      await client.completes();
    },
  }),
];
