/** The HTTP tracker protocol, both sides (BEP 3, 7, 21, 23, 24, 31, 48). */
export { permitsTracker, permitsTrackerUrl, type TrackerRules } from './addresses.ts';
export {
  type AnnounceRequest,
  type AnnounceResponse,
  announceUrl,
  decodeAnnounce,
  type TrackerFailure,
} from './announce.ts';
export { type AskOptions, askAnnounce } from './ask.ts';
export { announceHttp, type HttpTrackerOptions, scrapeHttp } from './facade.ts';
export { headerLines } from './http-answer.ts';
export { headerOf } from './http-request.ts';
export {
  HttpServerConnection,
  type HttpServerEvent,
  type HttpServerOptions,
  type HttpServerRequest,
} from './http-server.ts';
export { limits } from './limits.ts';
export { decodeScrape, type ScrapeResponse, scrapeUrl } from './scrape.ts';
export {
  type AnnounceAnswer,
  encodeAnnounce,
  encodeFailure,
  encodeScrape,
  type FullPeer,
  type ScrapeCounts,
} from './server-answer.ts';
export {
  type AnnounceEvent,
  type AnnounceQuery,
  parseTarget,
  pathOf,
  type ScrapeQuery,
  type TrackerQuery,
} from './server-query.ts';
export { parseTrackerUrl, type TrackerUrl } from './url.ts';
