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

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Set<string>;
  /** How many files wanted a name that was taken. */
  readonly copies: Map<string, number>;
}

const newFolder = (): Folder => ({ folders: new Map(), files: new Set(), copies: new Map() });

/** The paths of one torrent: no two the same, none a folder of another. Folders are told first, all of them, then files. */
export class PathSet {
  readonly #limits: Limits;
  readonly #root: Folder = newFolder();
  /** Files of one folder follow each other: their folder is looked for once. */
  #lastParent: readonly string[] = [];
  #lastFolder: Folder = this.#root;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  addFoldersOf(path: readonly string[]): void {
    this.#parentOf(path);
  }

  hasFolder(path: readonly string[]): boolean {
    let folder: Folder | undefined = this.#root;
    for (const name of path) folder = folder?.folders.get(foldedName(name));
    return folder !== undefined;
  }

  /** The path to use for a file: `path`, or that with a number before its extension. */
  addFile(path: readonly string[], changed: (rule: RuleId) => void): readonly string[] {
    const folder = this.#parentOf(path);
    const name = path.at(-1)!;
    const wanted = foldedName(name);
    const isTaken = (key: string) => folder.files.has(key) || folder.folders.has(key);
    if (!isTaken(wanted)) {
      folder.files.add(wanted);
      return path;
    }
    changed(folder.files.has(wanted) ? 'path/taken' : 'path/is-folder');
    let copies = folder.copies.get(wanted) ?? 0;
    let other = name;
    while (isTaken(foldedName(other))) other = numbered(name, ++copies, this.#limits.nameBytes);
    folder.copies.set(wanted, copies);
    folder.files.add(foldedName(other));
    return [...path.slice(0, -1), other];
  }

  #parentOf(path: readonly string[]): Folder {
    const depth = path.length - 1;
    let isSame = depth === this.#lastParent.length - 1;
    for (let i = 0; isSame && i < depth; i++) isSame = path[i] === this.#lastParent[i];
    if (isSame) return this.#lastFolder;
    let folder = this.#root;
    for (let i = 0; i < depth; i++) {
      const name = foldedName(path[i]!);
      let inner = folder.folders.get(name);
      if (inner === undefined) folder.folders.set(name, (inner = newFolder()));
      folder = inner;
    }
    this.#lastParent = path;
    this.#lastFolder = folder;
    return folder;
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
