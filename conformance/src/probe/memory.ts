/** How much memory the program takes that listens at a port of this machine. Linux only; elsewhere nobody knows. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Undefined where it cannot be found out, and for programs of this very process. */
export function memoryOfListener(port: number): number | undefined {
  try {
    const inode = inodeOf(port);
    const pid = inode === undefined ? undefined : ownerOf(inode);
    if (pid === undefined || pid === process.pid) return undefined;
    const kibibytes = /VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
  } catch {
    return undefined;
  }
}

function inodeOf(port: number): string | undefined {
  const at = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'latin1').split('\n').slice(1));
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .find((words) => words[1]?.endsWith(at) && words[3] === '0A');
  return listening?.[9];
}

function ownerOf(inode: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const owner = pids.find((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
    } catch {
      return false;
    }
  });
  return owner === undefined ? undefined : Number(owner);
}
