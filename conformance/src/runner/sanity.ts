/** Before a target that is started is judged: a role that nobody plays has to be unsupported, or its "unsupported" means nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../catalogue.ts';
import { freePort } from '../target/program.ts';
import { type Job, type Target, UnsupportedRole } from '../target/target.ts';

/** What is not sane; empty for a target that can be judged, and for one that is only attached to. */
export async function insanities(target: Target): Promise<readonly string[]> {
  if (target.launch === undefined) return [];
  const folder = mkdtempSync(join(tmpdir(), 'ferro-sanity-'));
  try {
    const job = { role: 'no-such-role' as Role, folder, port: await freePort() };
    return await acceptsNonsense(target, job);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function acceptsNonsense(target: Target, job: Job): Promise<readonly string[]> {
  try {
    const running = await target.launch!(job);
    await running.stop();
  } catch (error) {
    if (error instanceof UnsupportedRole) return [];
    return [`asked for the role ${job.role} it has to say that it does not support it, and says: ${error}`];
  }
  return [`it says that it plays the role ${job.role}, which does not exist`];
}
