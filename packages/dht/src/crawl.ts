/** A crawl of the DHT as an async iterable, over any host (BEP 51). Leaving the loop ends it and frees the port, as does the signal. */
import { type Address, AsyncQueue, driveDatagrams, type Host, type Id20 } from '@ferro/core';
import { Crawler, type CrawlOptions } from './crawler.ts';
import { onAbort } from './on-abort.ts';
import type { Cancellable } from './open-options.ts';
import { resolveNodes } from './resolve-nodes.ts';
import { wellKnownRouters } from './well-known.ts';

export interface CrawledHash {
  readonly infoHash: Id20;
  /** The node that showed it, which probably knows peers. */
  readonly node: Address;
}

/** Info-hashes that are in the network now, each once, until every node in reach has been asked. */
export async function* crawl(
  host: Host,
  options: CrawlOptions &
    Cancellable & { readonly bootstrap?: readonly string[]; readonly ip?: string; readonly port?: number } = {},
): AsyncIterableIterator<CrawledHash> {
  const { signal, bootstrap = wellKnownRouters, port = 0, ip } = options;
  const nodes = await new Promise<readonly Address[]>((resolve) => resolveNodes(host, bootstrap, resolve));
  const crawler = new Crawler(host, options);
  const queue = new AsyncQueue<CrawledHash>({ limit: 65_536 });
  const at = { port, ...(ip === undefined ? {} : { ip }) };
  const run = driveDatagrams(
    host,
    at,
    crawler,
    (events) => {
      for (const event of events) {
        if (event.type === 'done') queue.end();
        else if (event.type === 'sample')
          for (const infoHash of event.infoHashes) queue.push({ infoHash, node: event.node });
      }
    },
    {
      ready: () => {
        crawler.start(nodes);
        run.flush();
      },
      failed: (error) => queue.end(error),
    },
  );
  const heedless = onAbort(signal, (reason) => queue.end(reason));
  try {
    if (signal?.aborted === true) throw signal.reason;
    yield* queue;
  } finally {
    heedless();
    run.close();
  }
}
