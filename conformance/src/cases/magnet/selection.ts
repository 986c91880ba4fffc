/** BEP 53: a link that says which files are wanted. What is requested of a seed, and is on disk in the end, shows what was understood. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { allPieces, type Fixture } from '../../probe/wire/fixture.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import { defineCase, type MagnetTools, type Seeded, sound } from './define.ts';
import { onDisk } from './on-disk.ts';

const section = 'BEP 53, URI extension';
const gate = 'bep53.so-list';
/** So that no piece belongs to two files. */
const piecesOfFile = 2;

export const selections: readonly Case[] = [
  defineCase({
    id: gate,
    title: 'files that the link lists are downloaded, and no others',
    section,
    killedBy: { 'ignores-so': 'unimplemented', 'first-of-so-only': 'fail' },
    async run(tools) {
      const { seeded, fixture } = await begun(tools, 4, '0,2');
      await selected(tools, seeded, fixture, [0, 2]);
      const asked = seeded.seed.pieces.length;
      if (asked > 2 * piecesOfFile && (await everything(seeded, fixture))) {
        tools.unsupported('it downloads all files');
      }
      tools.expect(seeded.seed.pieces, 'the pieces that it asks for').is(piecesOf([0, 2]));
    },
  }),

  onlyThese('so-range', 'a range includes its last file', 5, '1-3', [1, 2, 3], { 'so-without-last': 'fail' }),
  onlyThese('so-mixed', 'files and ranges may be mixed', 10, '0,2,4,6-8', [0, 2, 4, 6, 7, 8], {
    'first-of-so-only': 'fail',
    'so-without-last': 'fail',
  }),
  onlyThese('so-zero-indexed', 'the first file has the index 0', 3, '0', [0], { 'so-counts-from-one': 'fail' }),

  defineCase({
    id: 'bep53.so-out-of-range',
    title: 'an index that no file has does no harm',
    section,
    gate,
    alternatives: { nothing: 'pass', everything: 'pass', something: 'non-strict' },
    killedBy: { 'dies-of-so-out-of-range': 'crash', 'last-file-is-enough': 'non-strict' },
    async run(tools) {
      const { seeded, fixture } = await begun(tools, 3, '99');
      await seeded.seed.metadata.next();
      await everything(seeded, fixture);
      await tools.meanwhile();
      sound(tools, seeded.session);
      const { length } = seeded.seed.pieces;
      tools.outcome(length === 0 ? 'nothing' : length === fixture.pieceCount ? 'everything' : 'something');
    },
  }),

  defineCase({
    id: 'bep53.so-malformed',
    title: 'a selection that is none is ignored, and everything is downloaded',
    section,
    gate,
    killedBy: { 'dies-of-odd-so': 'crash', 'odd-so-is-nothing': 'non-strict' },
    async run(tools) {
      for (const so of ['a', '3-1', '-1', '']) {
        const { seeded, fixture } = await begun(tools, 4, so);
        await onDisk(tools, seeded.session, fixture, [0, 1, 2, 3], ` with so=${so}`);
        await seeded.session.stop();
      }
    },
  }),

  defineCase({
    id: 'bep53.so-completion',
    title:
      'who has all that was selected, and not everything, does not say that it has completed while something is left',
    section: 'BEP 53, URI extension; BEP 21, tracker announce',
    gate,
    killedBy: { 'selection-completes': 'non-strict' },
    async run(tools) {
      const { seeded, fixture } = await begun(tools, 4, '1');
      await selected(tools, seeded, fixture, [1]);
      await seeded.session.stop();
      const asked = seeded.tracker.asked.all.map(({ query }) => query);
      const told = asked.map((query) => `${query.get('event') ?? 'no event'}, left ${query.get('left')}`);
      tools.observe('announces', told.join('; '));
      const wrong = asked.filter((query) => query.get('event') === 'completed' && query.get('left') !== '0');
      tools.expect(wrong.length, 'announces of completion while something is left').is(0);
    },
  }),
];

function onlyThese(
  name: string,
  title: string,
  files: number,
  so: string,
  wanted: readonly number[],
  killedBy: Case['killedBy'],
): Case {
  return defineCase({
    id: `bep53.${name}`,
    title,
    section,
    gate,
    killedBy,
    async run(tools) {
      const { seeded, fixture } = await begun(tools, files, so);
      await selected(tools, seeded, fixture, wanted);
      tools.expect(seeded.seed.pieces, 'the pieces that it asks for').is(piecesOf(wanted));
    },
  });
}

async function begun(
  tools: Context & MagnetTools,
  count: number,
  so: string,
): Promise<{ seeded: Seeded; fixture: Fixture }> {
  const files = Array.from({ length: count }, (_, at) => ({
    path: [`${at}.bin`],
    length: piecesOfFile * blockLength,
  }));
  const fixture = tools.torrent({ files, name: `conformance-${tools.random.uint32().toString(16)}` });
  return { fixture, seeded: await tools.seeded(fixture, `&so=${so}`) };
}

/** Waits until these files are there, and as long as it may take to ask for more. */
async function selected(
  tools: Context & MagnetTools,
  { session }: Seeded,
  fixture: Fixture,
  wanted: readonly number[],
): Promise<void> {
  await onDisk(tools, session, fixture, wanted);
  await tools.meanwhile();
}

/** Is everything asked for, sooner or later? */
function everything({ seed }: Seeded, fixture: Fixture): Promise<boolean> {
  const all = allPieces(fixture).map((piece) => seed.blocks.next(`for piece ${piece}`, ({ index }) => index === piece));
  return Promise.all(all).then(
    () => true,
    () => false,
  );
}

function piecesOf(files: readonly number[]): readonly number[] {
  return files.flatMap((file) => Array.from({ length: piecesOfFile }, (_, at) => file * piecesOfFile + at));
}
