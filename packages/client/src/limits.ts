/** The limits of this package, each with its reason. Those with an option of the same name may be set per client. */
export const limits = {
  /** Bytes of payload held in memory, open pieces and pieces being served together. Small enough for a phone, enough to saturate a disk. */
  memory: 67_108_864,
  /** Bytes of whole pieces on their way to the disk, beyond which no piece is opened: more would only wait in memory for a slow disk. */
  storingBytes: 16_777_216,
  /** Open pieces of one torrent: bounds the search among them when pieces are tiny. */
  openPieces: 2048,
  /** First pieces are chosen at random, so that a newcomer soon has something that others want. */
  randomFirstPieces: 4,
  /** Connected peers of one torrent. More cost memory and buy little. */
  peersPerTorrent: 80,
  /** Connected peers of all torrents. */
  peers: 250,
  /** Connections being opened at once: routers with small tables suffer from more. */
  connecting: 40,
  /** Incoming connections that have not said which torrent they want. */
  pendingHandshakes: 256,
  /** Milliseconds for a connection to open and to finish its handshake. */
  connectMs: 15_000,
  /** Milliseconds that one transport has before the other is tried beside it: longer than most paths need, shorter than patience. */
  headStartMs: 500,
  /** Torrents that are searched for in the DHT at once: each asks some forty nodes, and a thousand torrents are no burst. */
  dhtSearches: 8,
  /** Milliseconds between searches of a torrent that downloads: new peers come, old ones go. */
  dhtSearchMs: 300_000,
  /** Milliseconds between announces of a seed: nodes forget a peer after half an hour or so. */
  dhtAnnounceMs: 900_000,
  /** Milliseconds until a torrent that has found nobody searches again; doubled each time, up to `dhtSearchMs`. */
  dhtRetryMs: 10_000,
  /** Peers that one answer of a tracker names and does not number: each costs a lookup. */
  namedPeers: 8,
  /** Peers taken from one magnet link, whose names may have to be looked up. */
  linkPeers: 32,
  /** Peers of one torrent of which it is remembered who could introduce us to them. */
  tellers: 500,
  /** Of our own addresses, those that peers have told us: a few networks, and some lies. */
  ownAddresses: 8,
  /** Web servers of one torrent that are asked, and scripts. */
  webSeeds: 8,
  /** URLs of torrent files that one magnet link may have us ask: a link of a megabyte is no list of orders. */
  torrentLinks: 4,
  /** Redirects on the way to a torrent file. */
  torrentRedirects: 3,
  /** Bytes of a torrent file behind a link: larger ones exist, and come from peers. */
  torrentBytes: 16_777_216,
  /** Milliseconds until the next link is tried. */
  torrentLinkMs: 30_000,
  /** Nodes taken from one torrent, and kept before our own node is there: a few that live are enough. */
  dhtHints: 32,
  /** Milliseconds between writings of the node's file: what a crash may cost is a few minutes of acquaintances. */
  dhtSaveMs: 600_000,
  /** Bytes of the node's file that are read at most: 400 nodes take 13,000. */
  dhtFileLength: 65_536,
  /** Known addresses of one torrent; beyond it the least promising are forgotten. */
  knownAddresses: 2000,
  /** Ports of one address that peer exchange may name: people share an address, but whoever is slandered is not called by everybody fifty times. */
  exchangedPorts: 10,
  /** Failed connections in a row before an address is forgotten. */
  connectFailures: 5,
  /** Milliseconds between a departure and the search for a replacement: one storm of departures, one search. */
  reconnectMs: 200,
  /** Milliseconds until a failed address is tried again; doubles each time. */
  retryMs: 30_000,
  /** Milliseconds that a ban lasts: addresses change hands. */
  banMs: 3_600_000,
  /** Banned addresses remembered. */
  bans: 10_000,
  /** Outstanding requests to one peer, however fast it is: 16 MiB at most are on their way from it. */
  pipelineMax: 1000,
  /** Outstanding requests to a peer that we know nothing about yet. */
  pipelineStart: 8,
  /** Outstanding requests to a peer that did not say how many it takes (BEP 10, reqq). */
  requestsUnsaid: 1000,
  /** Milliseconds of a peer's rate that are kept asked for. */
  pipelineMs: 1000,
  /** Milliseconds without a block, with requests outstanding, after which a peer is snubbing us and its blocks go to others. */
  snubMs: 30_000,
  /** Milliseconds after which a block is asked for again from a peer that says nothing: some drop requests without a word. */
  requestMs: 60_000,
  /** Milliseconds after which hashes of pieces are asked of another peer: an answer is 20 KB, and costs no disk. */
  hashesMs: 15_000,
  /** Peers that one block is asked of in the end game. */
  endGameCopies: 2,
  /** Peers unchoked by merit. */
  uploadSlots: 8,
  /** Milliseconds between looks at peers that say nothing and requests that got lost: a fraction of `snubMs`. */
  watchMs: 1000,
  /** Milliseconds between choking rounds (BEP 3 suggests ten seconds: shorter makes TCP suffer). */
  chokeMs: 10_000,
  /** Pieces served to one peer before a seed gives its slot to another: whole pieces can be passed on. */
  turnPieces: 20,
  /** Milliseconds between optimistic unchokes (BEP 3: three rounds). */
  optimisticMs: 30_000,
  /** Payload handed to one stream before it has to say that there is room again. */
  sendBurst: 1_048_576,
  /** Failed pieces whose block hashes are remembered until a good copy names the liar. */
  suspects: 64,
  /** Leaves that a peer may ask for at once (BEP 52, hash request): more is refused before anything is read for it. */
  hashRequestLength: 512,
  /** Bytes a second that are hashed because peers want leaves (BEP 52), over all torrents: a tenth of a core, whatever they ask. */
  leafRate: 33_554_432,
  /** Pieces hashed at once when stored data is checked. */
  checkJobs: 16,
  /** Pieces of nothing but padding that are hashed instead of downloaded: no real torrent has one, and a false one could have millions. */
  paddingPieces: 64,
  /** Milliseconds between saves of resume data while something changes. */
  resumeMs: 15_000,
  /** Bytes of resume data that are read at most: a bitfield and a file list of the largest torrent. */
  resumeLength: 33_554_432,
  /** Milliseconds until a full disk is tried again. */
  diskRetryMs: 5_000,
  /** Events kept for a listener that iterates too slowly. */
  eventBatches: 1024,
  /** Milliseconds that closing waits for trackers and disks. */
  closeMs: 5_000,
  /** Bytes of pieces that a shelf in memory keeps: a film, and not all memory of a small machine. */
  shelf: 1_073_741_824,
  /** Milliseconds that storage in memory hashes before others have their turn: nobody notices so little. */
  storageTurnMs: 5,
  /** Pieces that a stream asks for ahead of its reader. */
  streamAhead: 8,
} as const;
