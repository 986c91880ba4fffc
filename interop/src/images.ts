/** One image for each implementation, named after what it is made of: built when that has changed, used again when not. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from './engine.ts';
import { type Implementation, INTEROP } from './registry.ts';

const run = promisify(execFile);
const ENGINE_SCRIPT = join(INTEROP, '../scripts/engine.sh');

/** What the harness itself runs in containers: captures, a web server, scripted peers. */
export const TOOLS: Implementation = {
  name: 'tools',
  folder: '../tools',
  suite: 'bookworm',
  checkout: true,
  roles: [],
  can: [],
};

const bases = new Map<string, Promise<unknown>>();

/** Debian itself, pulled or made. */
function base(suite: string): Promise<unknown> {
  const known = bases.get(suite) ?? run('bash', [ENGINE_SCRIPT, 'base', suite], { maxBuffer: 1 << 26 });
  bases.set(suite, known);
  return known;
}

/** The name of the image, which exists afterwards. */
export async function imageOf(implementation: Implementation, say: (line: string) => void): Promise<string> {
  if (implementation.image !== undefined) return implementation.image;
  const { name, suite, folder } = implementation;
  const context = join(INTEROP, 'implementations', folder);
  const from = `debian:${suite}-slim`;
  await base(suite);
  if (implementation.prepare !== undefined) await run('sh', ['-c', implementation.prepare], { cwd: context });
  const image = `ferro-interop/${name}:${fingerprint(context, await docker('image', 'inspect', '-f', '{{.Id}}', from))}`;
  if (await docker('image', 'inspect', '-f', 'here', image).catch(() => '')) return image;
  say(`building ${image}`);
  const words = [
    'build',
    '-q',
    '-t',
    image,
    '--build-arg',
    `BASE=${from}`,
    '--label',
    `org.ferro.interop.image=${name}`,
  ];
  await docker(...words, context);
  await removeOthers(name, image);
  return image;
}

/** Older images of the same name, unless something still runs from them. */
async function removeOthers(name: string, image: string): Promise<void> {
  const list = await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `ferro-interop/${name}`);
  for (const old of list.split('\n').filter((other) => other !== '' && other !== image)) {
    await docker('image', 'rm', old).catch(() => '');
  }
}

/** Changes with every byte of the folder and with the base. */
export function fingerprint(folder: string, seed: string): string {
  const hash = createHash('sha256').update(seed);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // What was installed follows from package.json, which names exact versions.
  for (const path of paths.filter((path) => !path.startsWith('node_modules')).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) hash.update(`${path}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

/** What the program itself says, not what its package is called. */
export async function versionOf(name: string, image: string, checkout: string | undefined): Promise<string> {
  const mount = checkout === undefined ? [] : ['-v', `${checkout}:/ferro:ro`];
  return await docker(
    'run',
    '--rm',
    '--network',
    'none',
    ...mount,
    '-e',
    'BT_ROLE=version',
    '-e',
    `BT_NAME=${name}`,
    image,
  );
}
