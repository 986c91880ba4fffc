/** A torrent's pieces from web servers in one loop, over any host (BEP 19; BEP 17). */
import type { Host } from '@ferro/core';
import { WebDownload, type WebPiece, type WebTorrent } from './download.ts';
import type { DriveWebSeedOptions } from './drive.ts';

export interface WebDownloadOptions extends DriveWebSeedOptions {
  readonly signal?: AbortSignal;
}

/**
 * The verified pieces, in the order in which they come. Reading slowly makes the servers wait; leaving the loop lets go of them.
 * It throws when no server has what is missing.
 */
export async function* downloadFromWeb(
  host: Host,
  torrent: WebTorrent,
  options: WebDownloadOptions = {},
): AsyncGenerator<WebPiece, void> {
  const { signal } = options;
  let wake = (): void => {};
  const download = new WebDownload(host, torrent, options, () => wake());
  const abort = () => wake();
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      if (signal?.aborted === true) throw signal.reason;
      const piece = download.take();
      if (piece !== undefined) {
        download.feed();
        yield piece;
      } else if (download.failure !== undefined) throw download.failure;
      else if (download.isOver) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    download.close();
  }
}
