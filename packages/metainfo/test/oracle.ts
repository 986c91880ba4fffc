/** libtorrent as an oracle: questions to its Python binding, where one is installed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';
const script = fileURLToPath(new URL('libtorrent-oracle.py', import.meta.url));

export const hasLibtorrent: boolean = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;

/** Add to the title of a test that needs it: the report says why it did not run. */
export const oracleNote: string = hasLibtorrent ? 'libtorrent' : 'libtorrent, which is not installed here';

export interface OracleFile {
  readonly path: string;
  readonly length: number;
  readonly offset: number;
  readonly padding: boolean;
  readonly executable: boolean;
  readonly hidden: boolean;
  readonly link: string | null;
  readonly root: string;
}

export interface OracleTorrent {
  readonly error?: undefined;
  readonly v1: string | null;
  readonly v2: string | null;
  readonly name: string;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly private: boolean;
  readonly comment: string;
  readonly createdBy: string;
  readonly creationDate: number;
  readonly trackers: readonly (readonly [url: string, tier: number])[];
  readonly webSeeds: readonly string[];
  readonly httpSeeds: readonly string[];
  readonly nodes: readonly (readonly [host: string, port: number])[];
  readonly files: readonly OracleFile[];
}

export interface Refusal {
  readonly error: string;
}

/** One process answers all questions, in order. */
export function askLibtorrent<Answer>(questions: readonly object[]): (Answer | Refusal)[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const { stdout, stderr, status } = spawnSync(PYTHON, [script], { input, maxBuffer: 2 ** 30, encoding: 'utf8' });
  const lines = stdout.trimEnd().split('\n');
  if (status !== 0 || lines.length !== questions.length) throw new Error(`the oracle failed: ${stderr}`);
  return lines.map((line) => JSON.parse(line));
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export function readByLibtorrent(torrents: readonly Uint8Array[]): (OracleTorrent | Refusal)[] {
  return askLibtorrent(torrents.map((torrent) => ({ ask: 'read', torrent: base64(torrent) })));
}
