/** Web seeds (BEP 19, BEP 17): a web server as one more source of blocks. */
export { permitsWebSeed, redirectRules } from './addresses.ts';
export type { WebPiece, WebTorrent } from './download.ts';
export { type DriveWebSeedOptions, driveWebSeed } from './drive.ts';
export type { WebSeedEvent, WebSeedInput, WebSeedOutput } from './events.ts';
export { downloadFromWeb, type WebDownloadOptions } from './facade.ts';
export { type Gap, longestGap } from './gap.ts';
export type { SeedFile, SeedLayout } from './layout.ts';
export { limits } from './limits.ts';
export { WebSeed, type WebSeedOptions } from './seed.ts';
export { fileUrl, parseSeedUrl, pieceUrl, type UrlRules } from './url.ts';
