/** The repository as the tidy rules see it: paths and texts, and a few questions that several rules ask. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Tree = ReadonlyMap<string, string>;

export interface Rule {
  readonly name: string;
  /** Why the rule exists: printed when it is broken. */
  readonly why: string;
  /** One line for each place that breaks it. */
  check(tree: Tree): readonly string[];
  /** Files that break the rule when they are added: the proof that it can fail. */
  readonly broken: Readonly<Record<string, string>>;
}

const TEXT = /\.(ts|mjs|json|md|yaml|yml|sh|svg|c|py|html)$|^\.ci\/run$|LICENSE$|Dockerfile$/;

/** Every text file that git knows or would add. */
export function readTree(root: string): Tree {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const paths = listed.split('\n').filter((path) => TEXT.test(path) && existsSync(join(root, path)));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Packages that speak a protocol: they compile without any ambient names. */
export const PROTOCOLS: readonly string[] = [
  'bencode',
  'metainfo',
  'tracker-http',
  'tracker-udp',
  'dht',
  'utp',
  'wire',
  'ext-metadata',
  'ext-pex',
  'lsd',
  'webseed',
];
/** Everything that runs on any host. */
export const HOSTLESS: readonly string[] = ['core', ...PROTOCOLS, 'client', 'sim', 'tracker'];

export function packagesOf(tree: Tree): readonly string[] {
  const names = [...tree.keys()].map((path) => /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1]);
  return names.filter((name) => name !== undefined);
}

/** Source files of one package, or of all. */
export function sourcesOf(tree: Tree, name = '[^/]+'): readonly (readonly [path: string, text: string])[] {
  const pattern = new RegExp(`^packages/${name}/src/.*\\.ts$`);
  return [...tree].filter(([path]) => pattern.test(path));
}

/** Code without comments and without the contents of strings, line numbers kept. */
export function codeOnly(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`\\])\/\/[^\n]*/g, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

/** `path:line` of each match. */
export function places(path: string, text: string, pattern: RegExp): string[] {
  const found: string[] = [];
  text.split('\n').forEach((line, index) => {
    const match = pattern.exec(line);
    if (match !== null) found.push(`${path}:${index + 1} ${match[0].trim()}`);
  });
  return found;
}
