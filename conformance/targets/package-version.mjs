// The version of an installed npm package.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = import.meta.resolve(process.argv[2]);
const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('package.json', entry)), 'utf8'));
process.stdout.write(`${version}\n`);
