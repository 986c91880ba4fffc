// Does what the README of the conformance suite says, word for word, in a folder where the packed package is installed: once against
// opentracker and once against aria2, where they are installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(String(port)));
  });
});

export function firstUse(folder, node) {
  const readme = readFileSync(join(folder, 'node_modules/@ferro/conformance/README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  const blockOf = (words) => {
    const block = blocks.find((each) => each.includes(words));
    if (block === undefined) throw new Error(`the README shows no ${words}`);
    return block.trimEnd();
  };
  const run = (lines, least) => {
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', lines], { cwd: folder, env, encoding: 'utf8' });
    // Two rules that opentracker breaks are the user's to explain: see conformance/expectations.
    const known = status === 0 || status === 1;
    const passed = Number(/^(\d+) pass/m.exec(stdout)?.[1] ?? 0);
    if (!known || passed < least) throw new Error(`${lines}\nended with ${status}\n${stdout}${stderr}`);
    return passed;
  };
  const said = [];
  // opentracker, started by root, reads its list as nobody.
  chmodSync(folder, 0o755);
  if (isInstalled('opentracker', '-h')) {
    const lines = `${blockOf('opentracker -i').replaceAll('6969', port)} --out report\nended=$?; kill $!; exit $ended`;
    said.push(`opentracker passed ${run(lines, 60)}`);
  }
  if (isInstalled('aria2c', '--version')) {
    const few = '--case bep3.announce.info-hash-escaping bep3.wire.request.last-block';
    said.push(`aria2 passed ${run(`${blockOf('--target aria2')} ${few}`, 2)}`);
  }
  return said.join(', ');
}

function isInstalled(program, word) {
  try {
    execFileSync(program, [word], { stdio: 'ignore' });
  } catch (error) {
    return error.code !== 'ENOENT';
  }
  return true;
}
