/** From `host:port` texts to addresses: the form in which torrents and users name nodes (BEP 5, torrent file extensions). */
import { type Address, type Host, parseAddress } from '@ferro/core';

/** Names that have no address are left out. Throws a RangeError for a text that is no `host:port`. */
export function resolveNodes(
  host: Host,
  nodes: readonly string[],
  done: (addresses: readonly Address[]) => void,
): void {
  const found: (readonly Address[])[] = nodes.map(() => []);
  const named = nodes.map((node, index) => {
    const address = parseAddress(node);
    if (address !== undefined) {
      found[index] = [address];
      return undefined;
    }
    const [, name, port] = /^([^:]+):(\d{1,5})$/.exec(node) ?? [];
    if (name === undefined) throw new RangeError(`${node} is no host:port`);
    return { index, name, port: Number(port) };
  });
  const waiting = named.filter((one) => one !== undefined);
  let left = waiting.length;
  if (left === 0) done(found.flat());
  for (const { index, name, port } of waiting) {
    host.resolve(name, (answer) => {
      found[index] = answer instanceof Error ? [] : answer.map((ip) => ({ ip, port }));
      if (--left === 0) done(found.flat());
    });
  }
}
