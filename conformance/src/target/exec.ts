/** Targets that are started for the run (trackers, DHT nodes) or for each case (clients), from the command lines of a manifest. */
import { execSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ourAddress } from '../addresses.ts';
import type { Role } from '../catalogue.ts';
import { HarnessError } from '../finding.ts';
import { listInfoHashes, readInfoHashes } from './info-hashes.ts';
import type { ExecDriver, Manifest } from './manifest.ts';
import { freePort, keepsAccepting, Program } from './program.ts';
import {
  type Endpoints,
  type Errand,
  type Job,
  type Order,
  type Running,
  type Target,
  UnsupportedRole,
} from './target.ts';
import { type Use, use } from './tool.ts';

const loopback6 = '::1';
/** A run of all cases uses some six hundred, and red ones are asked again. */
const listedInfoHashes = 4_000;
/** Not started for a case and stopped at its end. */
const ranElsewise: readonly Role[] = ['tracker', 'reader', 'maker'];
const errands: readonly Errand[] = ['get', 'put', 'node-id'];

export async function openExec(manifest: Manifest, driver: ExecDriver, folder: string): Promise<Target> {
  const programs = new ExecTarget(manifest, driver, folder);
  const endpoints = await programs.serve().catch(async (error: unknown) => {
    await programs.close();
    throw error;
  });
  const takeInfoHash = programs.infoHashes();
  const version = versionOf(manifest, folder);
  return {
    name: manifest.name,
    ...(version !== undefined && { version }),
    ...(manifest.unsupported !== undefined && { unsupported: manifest.unsupported }),
    ...(manifest.limits?.replyMs !== undefined && { replyMs: manifest.limits.replyMs }),
    ...(takeInfoHash !== undefined && { takeInfoHash }),
    endpoints,
    roles: manifest.roles.filter((role) => !ranElsewise.includes(role) && (role !== 'dht' || startsAlone(driver))),
    ...(manifest.roles.includes('reader') && { read: (torrent: string) => programs.read(torrent) }),
    ...(manifest.roles.includes('maker') && { make: (order: Order) => programs.make(order) }),
    errands: errands.filter((errand) => driver.commands[errand] !== undefined),
    run: (errand, words) => programs.run(errand, words),
    launch: (job) => programs.launch(job),
    restart: () => programs.restart(),
    close: () => programs.close(),
  };
}

class ExecTarget {
  readonly #manifest: Manifest;
  readonly #driver: ExecDriver;
  readonly #folder: string;
  /** Those that run for the whole run: role, port, program. */
  readonly #servers: { readonly role: Role; readonly port: number; program: Program }[] = [];
  readonly #launched = new Set<Program>();
  /** Where those keep what they keep. */
  readonly #state = mkdtempSync(join(tmpdir(), 'ferro-conformance-'));

  constructor(manifest: Manifest, driver: ExecDriver, folder: string) {
    this.#manifest = manifest;
    this.#driver = driver;
    this.#folder = folder;
  }

  async serve(): Promise<Endpoints> {
    const endpoints: { -readonly [Key in keyof Endpoints]: Endpoints[Key] } = {};
    for (const role of ['tracker', 'dht'] as const) {
      if (!this.#manifest.roles.includes(role)) continue;
      const port = await freePort();
      this.#servers.push({ role, port, program: await this.#start(role, this.#serverWords(port), role === 'tracker') });
      if (role === 'dht') {
        endpoints.dht = { ip: ourAddress(), port };
        if (this.#driver.ipv6 === true) endpoints.dht6 = { ip: loopback6, port };
      } else {
        endpoints.http = { ip: ourAddress(), port, host: `${ourAddress()}:${port}`, path: '/announce' };
        endpoints.udp = { ip: ourAddress(), port };
        if (this.#driver.ipv6 === true) {
          endpoints.http6 = { ip: loopback6, port, host: `[${loopback6}]:${port}`, path: '/announce' };
          endpoints.udp6 = { ip: loopback6, port };
        }
      }
    }
    return endpoints;
  }

  async launch(job: Job): Promise<Running> {
    const { role, folder, port, torrent = '', also = '', magnet = '', tracker = '', bootstrap = '' } = job;
    if (also !== '' && !this.#template(role).includes('{also}'))
      throw new UnsupportedRole(`its command for the role ${role} takes no second torrent`);
    const words = { folder, torrent, also, magnet, tracker, bootstrap, ip: ourAddress(), port: String(port) };
    const program = await this.#start(job.readOnly === true ? 'read-only' : role, words, role !== 'dht');
    this.#launched.add(program);
    return {
      at: { ip: ourAddress(), port },
      ended: program.ended,
      stop: async () => {
        this.#launched.delete(program);
        await program.stop(this.#manifest.limits?.stopMs);
        if (await keepsAccepting(port))
          throw new HarnessError(`somebody listens at ${port} though ${program.command} has ended`);
      },
    };
  }

  run(errand: Errand, words: Readonly<Record<string, string>>): Promise<Use> {
    return use(fill(this.#template(errand), { ip: ourAddress(), ...words }), this.#folder);
  }

  read(torrent: string): Promise<Use> {
    return use(fill(this.#template('reader'), { torrent }), this.#folder);
  }

  make({ path, out, pieceLength, trackers: [tracker, tracker2], webSeed, wishes }: Order): Promise<Use> {
    const known = this.#driver.wishes ?? {};
    const wanted = wishes.length === 0 ? ['plain' as const] : wishes;
    const missing = wishes.find((wish) => known[wish] === undefined);
    if (missing !== undefined) throw new UnsupportedRole(`it has no words for the wish ${missing}`);
    // What stands for a wish is part of the command line, placeholders and all.
    const template = this.#template('maker').replace('{wishes}', wanted.map((wish) => known[wish] ?? '').join(' '));
    const sizes = { pieceKiB: String(pieceLength / 1_024), pieceExponent: String(Math.log2(pieceLength)) };
    const words = { path, out, tracker, tracker2, webSeed, pieceLength: String(pieceLength), ...sizes };
    return use(fill(template, words), this.#folder);
  }

  /** Servers that have ended are started again, at the same port. */
  async restart(): Promise<void> {
    for (const server of this.#servers) {
      await server.program.stop(this.#manifest.limits?.stopMs);
      server.program = await this.#start(server.role, this.#serverWords(server.port), server.role === 'tracker');
    }
  }

  async close(): Promise<void> {
    const all = [...this.#servers.map(({ program }) => program), ...this.#launched];
    await Promise.all(all.map((program) => program.stop(this.#manifest.limits?.stopMs)));
    rmSync(this.#state, { recursive: true, force: true });
  }

  /** Of the list that the tracker was given, if its command line takes one. */
  infoHashes(): Target['takeInfoHash'] {
    return this.#takesInfoHashes() ? readInfoHashes(this.#infoHashList()) : undefined;
  }

  #takesInfoHashes(): boolean {
    return this.#driver.commands.tracker?.includes('{infoHashes}') === true;
  }

  #infoHashList(): string {
    return join(this.#state, 'info-hashes');
  }

  #serverWords(port: number): Readonly<Record<string, string>> {
    if (this.#takesInfoHashes()) {
      // Trackers drop their rights before they read it.
      chmodSync(this.#state, 0o755);
      writeFileSync(this.#infoHashList(), `${listInfoHashes(listedInfoHashes).join('\n')}\n`);
    }
    return {
      ip: ourAddress(),
      port: String(port),
      bootstrap: '',
      folder: this.#state,
      infoHashes: this.#infoHashList(),
    };
  }

  async #start(role: Role | 'read-only', words: Readonly<Record<string, string>>, waits: boolean): Promise<Program> {
    const program = new Program(fill(this.#template(role), words), this.#folder, this.#driver.stopSignal);
    if (!waits) return program;
    try {
      await program.listening(Number(words['port']), this.#manifest.limits?.startMs);
    } catch (error) {
      // One that comes up after all would take time and a port from those that follow.
      await program.stop(this.#manifest.limits?.stopMs);
      throw error;
    }
    return program;
  }

  #template(role: Role | Errand | 'read-only'): string {
    const template = this.#driver.commands[role];
    if (template === undefined) throw new UnsupportedRole(`there is no command for ${role}`);
    return template;
  }
}

/** DHT nodes run for the whole run, and those that take a `{bootstrap}` are also started for single cases. */
function startsAlone({ commands }: ExecDriver): boolean {
  return commands.dht?.includes('{bootstrap}') === true;
}

/** Placeholders are replaced by single words of the shell, whatever is in them. */
function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const word = words[name];
    return word === undefined ? whole : `'${word.replaceAll("'", "'\\''")}'`;
  });
}

function versionOf({ version }: Manifest, cwd: string): string | undefined {
  if (typeof version !== 'object') return version;
  const output = execSync(`${version.cmd} || true`, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return output.split('\n')[0]?.trim();
}
