/** From a magnet link to what it stands for (BEP 9), over any host: a client that lives for this one question. */
import type { Host } from '@ferro/core';
import type { Metainfo } from '@ferro/metainfo';
import { Client } from './client.ts';
import type { ClientOptions, FetchMetadataOptions } from './options.ts';

/** Asks whoever the link, its trackers and the DHT name. The options are those of a client. */
export async function fetchMetadata(
  host: Host,
  magnet: string,
  options: ClientOptions & FetchMetadataOptions = {},
): Promise<Metainfo> {
  const { signal, peers, ...settings } = options;
  await using client = new Client(host, settings);
  return await client.fetchMetadata(magnet, { signal, ...(peers === undefined ? {} : { peers }) });
}
