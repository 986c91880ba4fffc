/** The UDP tracker protocol, both sides (BEP 15, 41). */
export { UdpTrackerClient, type UdpTrackerClientOptions, type UdpTrackerEvent } from './client.ts';
export { limits } from './limits.ts';
export {
  openUdpTracker,
  type UdpCallOptions,
  type UdpScrape,
  UdpTracker,
  type UdpTrackerOptions,
} from './open.ts';
export { readUrlData, urlDataLength, writeUrlData } from './options.ts';
export {
  type AnnounceEvent,
  type AnnounceRequest,
  type AnnounceResponse,
  decodeReply,
  encodeAnnounce,
  encodeConnect,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrape,
  encodeScrapeReply,
  type Reply,
  type ScrapeCounts,
  writeAnnounceReply,
} from './packet.ts';
export {
  type AnnounceQuery,
  type ReplyTo,
  type ScrapeQuery,
  UdpTrackerServer,
  type UdpTrackerServerEvent,
  type UdpTrackerServerOptions,
} from './server.ts';
export { parseUdpUrl, type UdpTrackerUrl } from './url.ts';
