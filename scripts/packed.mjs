// Packs every package as it would be published, installs all of them with plain npm in an empty folder, imports each, and makes
// and checks a torrent with the installed command. Then the conformance suite is used as its README says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstUse } from './first-use.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ferro-packed-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
try {
  const names = [...readdirSync('packages'), 'conformance'];
  const folderOf = (name) => (name === 'conformance' ? name : join('packages', name));
  for (const name of names) run('pnpm', ['pack', '--pack-destination', folder], folderOf(name));
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  // Overrides make the packages find each other's tarballs instead of asking the registry for versions not published yet.
  const versionOf = (name) => JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')).version;
  const local = Object.fromEntries(
    names.map((name) => [`@ferro/${name}`, `file:./ferro-${name}-${versionOf(name)}.tgz`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: local, overrides: local }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
  const imports = names.map(
    (name) => `if (Object.keys(await import('@ferro/${name}')).length === 0) throw new Error('${name} is empty');`,
  );
  writeFileSync(join(folder, 'import.mjs'), imports.join('\n'));
  // Another Node can be named, to see the oldest that is promised.
  const node = process.argv[2] ?? process.execPath;
  run(node, ['import.mjs'], folder);
  const command = join('node_modules', '@ferro', 'cli', 'dist', 'bin', 'ferro.js');
  run(node, [command, 'create', 'import.mjs', '--out', 'import.torrent'], folder);
  run(node, [command, 'verify', 'import.torrent', '--data', '.'], folder);
  const version = run(node, ['--version'], folder).trim();
  console.log(`first use of the conformance suite: ${firstUse(folder, node)}`);
  console.log(`${tarballs.length} packages packed, installed and imported on Node ${version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
