/** Local service discovery (BEP 14): finds peers on the same network by multicast. */
export { type Announcement, decodeAnnouncement, encodeAnnouncement } from './announcement.ts';
export { GROUPS } from './groups.ts';
export { limits } from './limits.ts';
export { Lsd, type LsdEvent, type LsdOptions, type LsdTorrent } from './lsd.ts';
export { type LsdPeer, type OpenLsd, type OpenLsdOptions, openLsd } from './open.ts';
