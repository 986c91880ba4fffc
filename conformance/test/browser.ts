/** Pages in a real Chromium, where that is installed: the document as it stands when its script has run. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const browser: string | undefined = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** The rendered document of a page, with a view in its address: `#outcome=fail`. */
export async function rendered(path: string, view = ''): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'ferro-browser-'));
  try {
    const switches = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, '--dump-dom'];
    const { stdout } = await run(browser!, [...switches, `${pathToFileURL(path).href}${view}`], { maxBuffer: 1 << 26 });
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Names of the rows that are shown, in their order. */
export function shownRows(document: string): readonly string[] {
  const rows = [...document.matchAll(/<tr data-id="([^"]+)"([^>]*)>/g)];
  return rows.filter(([, , rest]) => !rest!.includes('hidden')).map(([, id]) => id!);
}
