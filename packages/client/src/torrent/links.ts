/**
 * Torrent files that a magnet link names by their URL (`xs`, exact sources, and `as`, acceptable ones; no BEP, but every link
 * writer's custom): asked one after the other while no peer has brought the metadata. Only the info dictionary
 * and its piece layers are taken, and only if it has the hash of the link; addresses are under the rules of web seeds.
 */
import { concatBytes, equalBytes, type HttpExchange, ProtocolError } from '@ferro/core';
import { type Magnet, type Metainfo, parseTorrent } from '@ferro/metainfo';
import { redirectRules } from '@ferro/webseed';
import { limits } from '../limits.ts';
import type { Swarm } from './swarm.ts';

export class TorrentLinks {
  readonly #swarm: Swarm;
  readonly #magnet: Magnet;
  readonly #waiting: string[];
  #exchange: HttpExchange | undefined;
  /** The piece layers of the torrent file that was found (BEP 52). */
  layers: ReadonlyMap<string, Uint8Array> | undefined;

  constructor(swarm: Swarm, magnet: Magnet) {
    this.#swarm = swarm;
    this.#magnet = magnet;
    const urls = [...magnet.exactSources, ...magnet.acceptableSources].filter((url) => /^https?:\/\//i.test(url));
    this.#waiting = urls.slice(0, limits.torrentLinks);
  }

  /** Asks the next one, unless one is being asked. */
  next(): void {
    const swarm = this.#swarm;
    const url = this.#exchange === undefined ? this.#waiting.shift() : undefined;
    if (url === undefined || swarm.foundInfo !== undefined) return;
    const { host, engine } = swarm;
    const parts: Uint8Array[] = [];
    let length = 0;
    let isGood = false;
    const end = () => {
      if (this.#exchange !== exchange) return;
      this.stop();
      if (isGood) this.#take(concatBytes(parts));
      this.next();
    };
    const headers = { 'user-agent': engine.settings.agent };
    const exchange = host.http(
      { url, headers, redirects: limits.torrentRedirects, permits: redirectRules(url) },
      {
        head: (status) => {
          isGood = status === 200;
        },
        body: (bytes) => {
          length += bytes.length;
          if (length > limits.torrentBytes) isGood = false;
          if (isGood) parts.push(bytes.slice());
          else engine.step(end);
        },
        end: (error) => {
          isGood &&= error === undefined;
          engine.step(end);
        },
      },
    );
    this.#exchange = exchange;
    swarm.schedule('link', swarm.now + limits.torrentLinkMs);
  }

  /** It takes too long: the next one. */
  late(): void {
    this.stop();
    this.next();
  }

  stop(): void {
    this.#exchange?.close();
    this.#exchange = undefined;
    this.#swarm.schedule('link', Number.POSITIVE_INFINITY);
  }

  #take(bytes: Uint8Array): void {
    const swarm = this.#swarm;
    const metainfo = this.#read(bytes);
    if (metainfo === undefined || swarm.foundInfo !== undefined) return;
    this.layers = metainfo.pieceLayers;
    swarm.foundInfo = metainfo.infoBytes;
    swarm.schedule('metadata', swarm.now);
  }

  #read(bytes: Uint8Array): Metainfo | undefined {
    const { infoHashV1: v1, infoHashV2: v2 } = this.#magnet;
    try {
      const metainfo = parseTorrent(bytes, { names: this.#swarm.engine.settings.names });
      const fits =
        (v1 === undefined || metainfo.infoHashV1?.hex === v1.hex) &&
        (v2 === undefined || (metainfo.infoHashV2 !== undefined && equalBytes(metainfo.infoHashV2, v2)));
      return fits ? metainfo : undefined;
    } catch (error) {
      // A page that says sorry, more often than a torrent file that is wrong.
      if (error instanceof ProtocolError || (error instanceof Error && 'code' in error)) return undefined;
      throw error;
    }
  }
}
