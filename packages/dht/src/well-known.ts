/**
 * Nodes that are always there, kept by projects of the field, for those who know no other. Asked only while we know hardly
 * anybody, and never put into a table or a torrent, as BEP 5 asks (torrent file extensions).
 */
export const wellKnownRouters: readonly string[] = [
  'router.bittorrent.com:6881',
  'dht.transmissionbt.com:6881',
  'dht.libtorrent.org:25401',
];
