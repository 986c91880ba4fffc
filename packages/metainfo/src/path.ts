/**
 * Names that are safe on every file system (BEP 3, info dictionary; BEP 52, file tree, which asks for it). A torrent may
 * name a file anything; what is written is one of these names, the same on every machine. In this order:
 *
 * what is not UTF-8, separators of both kinds, control and direction-changing characters, and what Windows forbids become `_`;
 * dots and spaces at the end go; device names get a `_`; names over 255 bytes lose their middle; empty names become `_`.
 *
 * `posix` leaves what only Windows minds. Nothing here touches a disk.
 */
import { utf8 } from '@ferro/core';
import type { Limits } from './limits.ts';
import type { RuleId } from './rules.ts';

/** Which names are left alone: those good everywhere, or also those good everywhere but on Windows. */
export type NameSafety = 'portable' | 'posix';

interface NameRule {
  readonly rule: RuleId;
  readonly pattern: RegExp;
  readonly replacement: string;
  readonly windowsOnly?: boolean;
}

const DEVICE = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?= *(?:\.|$))/i;

const NAME_RULES: readonly NameRule[] = [
  { rule: 'name/not-utf8', pattern: /\ufffd/g, replacement: '_' },
  { rule: 'name/separator', pattern: /[/\\]/g, replacement: '_' },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  { rule: 'name/control', pattern: /[\0-\x1f\x7f-\x9f\u2028\u2029]/g, replacement: '_' },
  { rule: 'name/direction', pattern: /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, replacement: '_' },
  { rule: 'name/forbidden', pattern: /[<>:"|?*]/g, replacement: '_', windowsOnly: true },
  { rule: 'name/end', pattern: /[. ]+$/, replacement: '', windowsOnly: true },
  { rule: 'name/device', pattern: DEVICE, replacement: '$1_', windowsOnly: true },
  { rule: 'name/dots', pattern: /^\.{0,2}$/, replacement: '_' },
];

/** Most names are like this, and one look tells it. */
const PLAIN = /^[\w()[\],;&+!#@'~^{}=%$-](?:[\w ()[\],;&+!#@'~^{}=%$.-]*[\w()[\],;&+!#@'~^{}=%$-])?$/;
const PLAIN_LENGTH_MAX = 200;

/** The name to use for `text`. Tells `changed` each rule that changed it. */
export function safeName(
  text: string,
  safety: NameSafety,
  limits: Pick<Limits, 'nameBytes'>,
  changed: (rule: RuleId) => void,
): string {
  if (text.length <= PLAIN_LENGTH_MAX && PLAIN.test(text) && !DEVICE.test(text)) return text;
  let name = text;
  // First of all, so that no pattern meets a name of megabytes.
  if (name.length > 2 * limits.nameBytes) name = shortened(name, limits.nameBytes);
  for (const { rule, pattern, replacement, windowsOnly } of NAME_RULES) {
    if (windowsOnly && safety === 'posix') continue;
    const before = name;
    name = name.replace(pattern, replacement);
    if (name !== before) changed(rule);
  }
  if (name.length * 3 > limits.nameBytes && utf8(name).length > limits.nameBytes)
    name = shortened(name, limits.nameBytes);
  if (name.length < text.length && utf8(text).length > limits.nameBytes) changed('name/too-long');
  return name;
}

/** Keeps the start and the extension. */
function shortened(name: string, bytes: number): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  let left = bytes - utf8(extension).length;
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    left -= utf8(character).length;
    if (left < 0) break;
    stem += character;
  }
  return (extension === '' ? stem.replace(/[. ]+$/, '_') : stem) + extension;
}

/** What two names have in common that some file system takes for one: case, composition of accents, invisible characters. */
function foldedName(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name.toLowerCase();
  return name
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFD')
    .toUpperCase()
    .toLowerCase();
}

const fold = (names: readonly string[]) => names.map(foldedName).join('/');

/** The paths of one torrent: no two the same, none a folder of another. Folders are told first, all of them, then files. */
export class PathSet {
  readonly #limits: Limits;
  readonly #folders: Set<string> = new Set();
  readonly #files: Set<string> = new Set();
  /** How many files wanted a path that was taken. */
  readonly #copies: Map<string, number> = new Map();
  /** Files in one folder follow each other: their folder is folded once. */
  #lastParent: readonly string[] = [];
  #lastFolded = '';

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  addFoldersOf(path: readonly string[]): void {
    let folded = this.#foldedParent(path);
    while (folded !== '' && !this.#folders.has(folded)) {
      this.#folders.add(folded);
      folded = folded.slice(0, Math.max(0, folded.lastIndexOf('/')));
    }
  }

  hasFolder(path: readonly string[]): boolean {
    return this.#folders.has(fold(path));
  }

  /** The path to use for a file: `path`, or that with a number before its extension. */
  addFile(path: readonly string[], changed: (rule: RuleId) => void): readonly string[] {
    const parent = this.#foldedParent(path);
    const name = path.at(-1)!;
    const wanted = `${parent}/${foldedName(name)}`;
    const isFree = (key: string) => !this.#files.has(key) && !this.#folders.has(key.replace(/^\//, ''));
    if (isFree(wanted)) {
      this.#files.add(wanted);
      return path;
    }
    changed(this.#files.has(wanted) ? 'path/taken' : 'path/is-folder');
    let copies = this.#copies.get(wanted) ?? 0;
    let other = '';
    let key = wanted;
    while (!isFree(key)) {
      other = numbered(name, ++copies, this.#limits.nameBytes);
      key = `${parent}/${foldedName(other)}`;
    }
    this.#copies.set(wanted, copies);
    this.#files.add(key);
    return [...path.slice(0, -1), other];
  }

  #foldedParent(path: readonly string[]): string {
    const parent = path.length - 1;
    const isSame = parent === this.#lastParent.length && this.#lastParent.every((name, i) => name === path[i]);
    if (!isSame) {
      this.#lastParent = path.slice(0, parent);
      this.#lastFolded = fold(this.#lastParent);
    }
    return this.#lastFolded;
  }
}

function numbered(name: string, number: number, bytes: number): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const extension = dot > 0 ? name.slice(dot) : '';
  const full = `${stem}.${number}${extension}`;
  return utf8(full).length <= bytes ? full : `${shortened(stem, bytes - 32)}.${number}${extension.slice(0, 8)}`;
}

/** Leaves out folders in the middle until the path is short enough for every system. */
export function fittingPath(
  path: readonly string[],
  limits: Limits,
  changed: (rule: RuleId) => void,
): readonly string[] {
  const count = path.length;
  let bytes = 0;
  // A UTF-16 unit is at most three bytes: most paths need no closer look.
  for (const name of path) bytes += 3 * name.length + 1;
  if (count <= limits.pathNames && bytes <= limits.pathBytes) return path;
  bytes = 0;
  let kept = 0;
  const last = utf8(path[count - 1]!).length;
  while (kept < count - 1 && kept < limits.pathNames - 1) {
    bytes += utf8(path[kept]!).length + 1;
    if (bytes + last > limits.pathBytes) break;
    kept++;
  }
  if (kept === count - 1) return path;
  changed('path/too-long');
  return [...path.slice(0, kept), path[count - 1]!];
}
