/** Gives a torrent file to a program that reads one, and keeps what it says. Judges nothing but that it ends by itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import type { Use } from '../../target/tool.ts';

export interface Reading extends Use {
  /** In lower case, of 40 and of 64 hex digits, wherever in the output they stand. */
  readonly hashes: readonly string[];
}

/** The programs of a case that did not end by themselves, for the control: a case is known by its timeline. */
const broken = new WeakMap<object, string>();

export async function readFile(context: Context, bytes: Uint8Array): Promise<Reading> {
  const folder = freshFolder(context);
  const path = join(folder, 'case.torrent');
  writeFileSync(path, bytes);
  context.timeline.sent('reader', `a torrent file of ${bytes.length} bytes`, bytes);
  const used = await context.target.read!(path);
  return { ...ended(context, used), hashes: hashesIn(used.output) };
}

/** The same program, when it has ended as programs do. */
export function ended(context: Context, used: Use): Use {
  const how = used.broken ?? (used.accepted ? 'exit code 0' : 'it refuses');
  context.timeline.note('target', `${how} after ${used.ms} ms: ${used.output.trim().slice(0, 1_000)}`);
  if (used.broken === undefined) return used;
  broken.set(context.timeline, used.broken);
  throw new Finding('the program', 'that it ends by itself', used.broken, 'unsafe');
}

export function brokenIn(context: Context): string | undefined {
  return broken.get(context.timeline);
}

export function freshFolder(context: Context): string {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function hashesIn(output: string): readonly string[] {
  const words = output.match(/\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/gi) ?? [];
  return [...new Set(words.map((word) => word.toLowerCase()))];
}
