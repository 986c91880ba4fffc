/** `conformance.target.json`: what a project says about its own program, in its own repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '../catalogue.ts';
import type { Errand, Wish } from './target.ts';

export interface Manifest {
  readonly name: string;
  /** A version, or a command that prints one in its first line. */
  readonly version?: string | { readonly cmd: string };
  readonly roles: readonly Role[];
  /** Ids, or beginnings of ids with `*`, each with the reason. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** `replyMs`: how long it may take for what it does by a clock of its own; Transmission looks at its peers every ten seconds. */
  readonly limits?: { readonly startMs?: number; readonly stopMs?: number; readonly replyMs?: number };
  readonly driver: ExecDriver | AttachDriver | DriverProgram;
}

/**
 * Command lines, one a role, with `{torrent} {also} {magnet} {folder} {ip} {port} {tracker} {bootstrap}`. A command ends by SIGTERM or `stopSignal`, and answers
 * a role that it does not play with exit code 89. One that takes a second torrent at the same time names it by `{also}`. A tracker that serves only what is on a list takes it as `{infoHashes}`.
 * A `reader` is run with `{torrent}` and a `maker` with `{path} {out} {pieceLength} {tracker} {tracker2} {webSeed} {wishes}` (also
 * `{pieceKiB}` and `{pieceExponent}`) to their end: exit code 0 means accepted. So are, of a DHT node, `get` with `{target} {bootstrap}`, which
 * prints the value that the network keeps there (40 hexadecimal digits are its hash, 64 the key of its author), `put` with `{value} {bootstrap}`,
 * and `node-id` with `{ip} {random}`, which prints the id for an address and the number in its last byte. `read-only` starts a node that only asks.
 */
export interface ExecDriver {
  readonly kind: 'exec';
  readonly commands: Readonly<Partial<Record<Role | Errand | 'read-only', string>>>;
  /** The words that stand for `{wishes}` of a maker; what is not here it cannot do. Without any wish: `plain`. */
  readonly wishes?: Readonly<Partial<Record<Wish | 'plain', string>>>;
  /** What its users stop it with, where that is not SIGTERM. */
  readonly stopSignal?: 'SIGINT';
  /** It answers at ::1 too, at the same port. */
  readonly ipv6?: boolean;
}

/** A program that speaks JSON lines: see `driver.ts`. */
export interface DriverProgram {
  readonly kind: 'driver';
  readonly command: string;
}

export interface AttachDriver {
  readonly kind: 'attach';
  readonly trackers?: readonly string[];
  readonly dht?: readonly string[];
}

/** Manifests of programs that are often met, which come with the suite. */
const shipped = fileURLToPath(new URL('../../targets/', import.meta.url));

/** The names that stand for one of those instead of a path. */
export function shippedNames(): readonly string[] {
  return readdirSync(shipped)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The manifest and the folder that its commands run in. */
export function readManifest(pathOrName: string): { readonly manifest: Manifest; readonly folder: string } {
  const path = pathOf(pathOrName);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const wrong = (what: string) => new RangeError(`${path}: ${what}`);
  if (typeof manifest.name !== 'string') throw wrong('name is missing');
  if (!Array.isArray(manifest.roles)) throw wrong('roles is no list');
  const { driver, roles } = manifest;
  if (!['exec', 'attach', 'driver'].includes(driver?.kind)) throw wrong('driver.kind is none of exec, attach, driver');
  if (driver.kind === 'exec') {
    const missing = roles.find((role: Role) => driver.commands?.[role] === undefined);
    if (missing !== undefined) throw wrong(`driver.commands has no command for the role ${missing}`);
  }
  return { manifest, folder: dirname(resolve(path)) };
}

function pathOf(pathOrName: string): string {
  if (existsSync(pathOrName)) return pathOrName;
  const names = shippedNames();
  if (names.includes(pathOrName)) return join(shipped, `${pathOrName}.json`);
  throw new RangeError(
    `there is no file ${pathOrName}, and no manifest of that name comes with the suite: ${names.join(', ')}`,
  );
}
