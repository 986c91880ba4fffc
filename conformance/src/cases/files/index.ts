/** Programs that read torrent files, and programs that make them: BEP 3, 12, 27, 47, 52. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { Finding } from '../../finding.ts';
import { makeTorrent } from '../../probe/files/making.ts';
import { brokenIn, readFile } from '../../probe/files/reading.ts';
import { makeSample } from '../../probe/files/sample.ts';
import { files as reference } from '../../reference/files/reference.ts';
import { integers, strings } from './bencode.ts';
import { makers, single } from './maker.ts';
import { version2Makers } from './maker-version2.ts';
import { attributes, metainfo, privacy } from './metainfo.ts';
import { structure } from './structure.ts';
import { version2 } from './version2.ts';

export const files: Family = {
  name: 'files',
  title: 'Torrent files: readers and makers',
  cases: [
    ...integers,
    ...strings,
    ...structure,
    ...metainfo,
    ...privacy,
    ...attributes,
    ...version2,
    ...makers,
    ...version2Makers,
  ],
  reference,
  canary: control,
  control,
};

/** Did the program of this case end by itself, and does it read or make what every such program does? */
async function control(context: Context): Promise<void> {
  const how = brokenIn(context);
  if (how !== undefined) throw new Finding('the program', 'that it ends by itself', how);
  if (context.target.read === undefined) {
    await makeTorrent(context, single(context.random, 50_000));
    return;
  }
  const { accepted, output } = await readFile(context, makeSample(context.random).bytes);
  if (!accepted) throw new Finding('an ordinary torrent file', 'that it is read', output.trim());
}
