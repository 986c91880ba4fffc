/** What the bodies of the families about files are given: samples, a reader, a maker, and the two verdicts that most rules come down to. */
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { type Made, type Material, makeTorrent } from '../../probe/files/making.ts';
import { type Reading, readFile } from '../../probe/files/reading.ts';
import { makeSample, type Sample, type SampleOptions } from '../../probe/files/sample.ts';
import type { Random } from '../../random.ts';

export interface FileTools {
  sample(options?: SampleOptions): Sample;
  read(sample: Pick<Sample, 'bytes'>): Promise<Reading>;
  make(material: Material): Promise<Made>;
  /** It is read, and where the program shows an info-hash, it is the one of the bytes in the file. */
  accepts(sample: Sample, what?: string): Promise<void>;
  refuses(sample: Pick<Sample, 'bytes'>, what: string): Promise<void>;
}

export const defineCase: (declaration: Declaration<Context & FileTools>) => Case = caseMaker('read', (context) => ({
  sample: (options) => makeSample(context.random, options),
  read: ({ bytes }) => readFile(context, bytes),
  make: (material) => makeTorrent(context, material),
  async accepts({ bytes, infoHash, infoHash2 }, what = 'the torrent file') {
    const { accepted, hashes } = await readFile(context, bytes);
    context.expect(accepted, `whether ${what} is accepted`).is(true);
    const right = hashes.length === 0 || hashes.some((hash) => hash === infoHash || hash === infoHash2);
    context.expect(hashes, 'the info-hash that it shows').satisfies(`${infoHash} or ${infoHash2}`, right);
  },
  async refuses({ bytes }, what) {
    context.expect((await readFile(context, bytes)).accepted, `whether ${what} is accepted`).is(false);
  },
}));

type Basics = Pick<Declaration<unknown>, 'id' | 'title' | 'section' | 'killedBy' | 'gate'>;
type Makers = Readonly<Record<string, (random: Random) => Pick<Sample, 'bytes'>>>;

/** Every one of the named samples is refused. */
export function refusal(basics: Basics, samples: Makers): Case {
  return defineCase({
    ...basics,
    async run({ random, refuses }) {
      for (const [what, sample] of Object.entries(samples)) await refuses(sample(random), what);
    },
  });
}

/** Every one of the named samples is read. */
export function acceptance(basics: Basics, samples: Readonly<Record<string, (random: Random) => Sample>>): Case {
  return defineCase({
    ...basics,
    async run({ random, accepts }) {
      for (const [what, sample] of Object.entries(samples)) await accepts(sample(random), what);
    },
  });
}

/** The sample is not as it has to be written: it is refused, or its bytes are hashed as they are. */
export function neverRewritten(basics: Basics, sample: (random: Random) => Sample): Case {
  return defineCase({
    ...basics,
    alternatives: { refused: 'pass', 'hashed as it is': 'pass', 'hashed as written anew': 'fail' },
    async run({ random, read, outcome, unsupported }) {
      const given = sample(random);
      const { accepted, hashes } = await read(given);
      if (!accepted) return outcome('refused');
      if (hashes.length === 0) return unsupported('it shows no info-hash');
      outcome(hashes.includes(given.infoHash) ? 'hashed as it is' : 'hashed as written anew');
    },
  });
}
