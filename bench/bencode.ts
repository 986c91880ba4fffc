/**
 * Speed of @ferro/bencode against two codecs of npm, as ratios measured in one run: each round asks every codec in turn, and
 * each round begins with another one, so that a busy machine slows all of them alike; then medians are compared.
 *
 * Every codec encodes what it decoded itself, and is checked to give back the same bytes.
 */
import { decode, encode } from '@ferro/bencode';
import bencode from 'bencode';
import { bencodec } from 'bencodec';

interface Codec {
  readonly name: string;
  decode(bytes: Uint8Array): unknown;
  encode(value: unknown): Uint8Array;
}

const ferro: Codec = { name: '@ferro/bencode', decode, encode: (value) => encode(value as never) };
const rivals: readonly Codec[] = [
  { name: 'bencode 4.0.1', decode: (bytes) => bencode.decode(bytes), encode: (value) => bencode.encode(value) },
  {
    name: 'bencodec 3.1.0',
    decode: (bytes) => bencodec.decode(bytes as Buffer),
    encode: (value) => bencodec.encode(value as never) as Uint8Array,
  },
];
const codecs = [ferro, ...rivals];

/** Looks as random as piece hashes do, and is the same in every run. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 255));
}

function joined(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

const pieces = joined('6:pieces400000:', noise(400_000));
const files = Array.from({ length: 5_000 }, (_, i) => {
  const directory = `dir${i % 50}`;
  return `d6:lengthi${1_000 + i * 37}e4:pathl${directory.length}:${directory}15:file-${String(i).padStart(6, '0')}.binee`;
});
const announce = '8:announce30:http://127.0.0.1:6969/announce';
const values = Array.from({ length: 20 }, () => joined('6:', noise(6)));
const cases: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  {
    name: 'torrent, 20,000 pieces, 5,000 files',
    bytes: joined(
      `d${announce}13:creation datei1700000000e4:infod5:filesl`,
      files.join(''),
      'e4:name3:big12:piece lengthi262144e',
      pieces,
      'ee',
    ),
  },
  {
    name: 'torrent, 20,000 pieces, 1 file',
    bytes: joined(`d${announce}4:infod6:lengthi5242880000e4:name3:big12:piece lengthi262144e`, pieces, 'ee'),
  },
  {
    name: 'DHT query',
    bytes: joined('d1:ad2:id20:', noise(20), '9:info_hash20:', noise(20), 'e1:q9:get_peers1:t2:aa1:y1:qe'),
  },
  {
    name: 'DHT reply, 8 nodes, 20 values',
    bytes: joined(
      ...['d1:rd2:id20:', noise(20), '5:nodes208:', noise(208), '5:token8:abcdefgh6:valuesl'],
      ...values,
      'ee1:t2:aa1:y1:re',
    ),
  },
];

/** Runs for a second of processor time, measured over about `milliseconds`: what else the machine does is not counted. */
function rate(run: () => unknown, milliseconds: number): number {
  for (let count = 1; ; ) {
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++) run();
    const { user, system } = process.cpuUsage(start);
    const spent = (user + system) / 1_000;
    if (spent >= milliseconds) return (count * 1_000) / spent;
    count = spent < milliseconds / 10 ? count * 10 : Math.ceil((count * milliseconds * 1.2) / spent);
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

function shown(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}

const quick = process.argv.includes('--quick');
const rounds = quick ? 3 : 9;
const milliseconds = quick ? 60 : 200;

console.log(`Node ${process.versions.node}, median of ${rounds} rounds, operations for a second of processor time`);
console.log();
console.log(`| input (bytes) | | ${codecs.map((codec) => codec.name).join(' | ')} | ratio to the better |`);
console.log(`|---|---|${codecs.map(() => '--:|').join('')}--:|`);
for (const { name, bytes } of cases) {
  const rates = codecs.map(() => ({ decode: [] as number[], encode: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    codecs.forEach((_, position) => {
      const index = (position + round) % codecs.length;
      const codec = codecs[index]!;
      const value = codec.decode(bytes);
      if (!bytes.equals(codec.encode(value))) throw new Error(`${codec.name} changes the ${name}`);
      rates[index]!.decode.push(rate(() => codec.decode(bytes), milliseconds));
      rates[index]!.encode.push(rate(() => codec.encode(value), milliseconds));
    });
  }
  for (const direction of ['decode', 'encode'] as const) {
    const medians = rates.map((each) => median(each[direction]));
    const ratio = medians[0]! / Math.max(...medians.slice(1));
    const title = `${name} (${bytes.length.toLocaleString('en')}) | ${direction}`;
    console.log(`| ${title} | ${medians.map(shown).join(' | ')} | **${ratio.toFixed(1)}** |`);
  }
}
