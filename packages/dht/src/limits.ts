/** The limits of this package, each with its reason. Options of `Dht` override some of them. */
export const limits = {
  /** Nodes in a bucket, and closest nodes in an answer and in a lookup's result: the K of BEP 5. */
  bucketSize: 8,
  /** Nodes that wait for a place in a full bucket: as many as could ever be needed at once. */
  replacements: 8,
  /** Unanswered queries in a row after which a node is bad: one lost datagram is no proof (BEP 5 suggests a second try). */
  failuresToBad: 2,
  /** Unanswered queries after which a node goes although nobody waits for its place: our own network may have been away for the first few. */
  failuresToDrop: 5,
  /** Milliseconds without a word after which a node is questionable, and a bucket is refreshed (BEP 5, routing table). */
  questionableMs: 900_000,
  /** Milliseconds after which a quiet node is pinged, so that good nodes rarely become questionable and answers stay full. */
  freshMs: 660_000,
  /** Milliseconds between rounds of housekeeping: at most one ping and one refresh each, so upkeep never bursts. */
  housekeepingMs: 5_000,
  /** Queries in flight in one path of a lookup: the α of Kademlia; 3 in the paper, 4 hides one slow node more. */
  alpha: 4,
  /** Disjoint paths of a lookup, where the user does not say: with two, nearly all lookups survive a third of hostile nodes. */
  paths: 2,
  /** Of the K nearest nodes of a path, how many count that the same node named. */
  countedPerWitness: 2,
  /** Milliseconds after which a query is slow: its place in flight goes to another, its answer is still welcome. */
  slowMs: 1_000,
  /** Milliseconds after which a query has failed: longer than any useful round trip, short against a user's patience. */
  timeoutMs: 5_000,
  /** Nodes that a lookup keeps in mind: three times what a lookup in a network of ten million asks. */
  candidates: 256,
  /** Queries that one lookup may send: hostile nodes that name ever closer nodes are left behind here. */
  lookupQueries: 200,
  /** Nodes with an id that does not belong to their address (BEP 42) that one lookup asks: some are honest, none is counted. */
  strangersAsked: 8,
  /** Different peers that one lookup reports: more than any client connects to. */
  peersFound: 5_000,
  /** Lookups at once; further ones wait. Each has at most a few queries in flight. */
  lookups: 64,
  /** Lookups that may wait for their turn; starting more is an error of the caller. */
  lookupsWaiting: 4_096,
  /** Queries without an answer at once: bounds memory and what a burst of lookups asks of the network. */
  queries: 1_024,
  /** Nodes taken from one answer: two full lists of K; more is padding with something in mind. */
  nodesInAnswer: 16,
  /** Peers taken from one answer, and sent in one: what 1,024 bytes can hold. */
  values: 128,
  /** Bytes of a datagram that we send: BEP 32 promises no more than 1,024 octets to anybody. */
  datagramBytes: 1_024,
  /** Bytes of a datagram that carries an item of BEP 44: 1,000 bytes of value with key, signature and nodes. */
  itemDatagramBytes: 1_440,
  /** Bytes of a datagram that we read: nothing valid is longer than one Ethernet frame. */
  receivedBytes: 1_500,
  /** An answer is at most this many times as long as the question, until its sender has proved its address: room for the
   * two filters of a scrape. So a question with a false sender cannot be used to multiply traffic further. */
  answerRatio: 9,
  /** The same for an item: a signed value of 1,000 bytes in answer to the shortest `get` needs it. */
  itemRatio: 15,
  /** Bytes of a transaction id that we echo: real ones have 2 to 8; a long one is there to overflow the answer. */
  transactionBytes: 32,
  /** Bytes of a token from another node that we echo: real ones have 4 to 20. */
  tokenBytes: 64,
  /** Queries a second that one address is answered over time; a lookup sends each node one. */
  queriesPerSecond: 10,
  /** Queries that one address may send at once before the rate counts: many torrents started together behind one NAT. */
  queryBurst: 100,
  /** Answers a second to everybody together: about what a home connection gives without noticing (1 MB/s at worst). */
  answersPerSecond: 4_000,
  /** What a store, a scrape or a signature costs of an address's budget, counted in plain queries: what it costs us. */
  storeCost: 4,
  /** Signatures checked a second for others: each takes about a millisecond, and anybody can send wrong ones. */
  signaturesPerSecond: 50,
  /** Addresses remembered with budget and token; the oldest is forgotten, which only makes its budget new. */
  visitors: 8_192,
  /** Milliseconds for which an address counts as proved after it showed a token or answered a query. */
  provedMs: 600_000,
  /** Pings to one address in a while, to see whether nodes that ask us from there deserve a place in the table. */
  checksPerAddress: 4,
  /** Milliseconds after which an address may be pinged so often again: some hosts run several nodes, a flood has none. */
  checkMs: 60_000,
  /** Milliseconds between new token secrets; a token is good for one to two of these (BEP 5: five and ten minutes). */
  secretMs: 300_000,
  /** Peers stored for others, per address family: with 60 to 90 bytes each it stays below 10 MiB. */
  peers: 100_000,
  /** Peers of one torrent: above this the scrape filters lose their meaning (BEP 33) and no asker needs more. */
  peersInSwarm: 2_000,
  /** Milliseconds after which a peer that did not announce again is forgotten: clients announce every 15 to 30 minutes. */
  peerMs: 2_700_000,
  /** Items stored for others: 1.2 KiB each, about 5 MiB. */
  items: 4_000,
  /** Milliseconds after which an item that nobody put again is forgotten (BEP 44, expiration). */
  itemMs: 7_200_000,
  /** Bytes of a bencoded value (BEP 44). */
  valueBytes: 1_000,
  /** Bytes of a salt (BEP 44, mutable items). */
  saltBytes: 64,
  /** Info-hashes in one sample: 400 bytes leave room for nodes and an answer that is not out of proportion. */
  samples: 20,
  /** Seconds for which a sample stays the same when there are more info-hashes than it holds (BEP 51 allows up to 21,600). */
  sampleSeconds: 300,
  /** Different networks that must agree on our address before we take an id for it (BEP 42): one liar changes nothing. */
  addressVotes: 5,
  /** Voters remembered; the newest count. */
  addressVoters: 32,
  /** Milliseconds before the second attempt to enter the network; doubled for each further one. */
  retryMs: 10_000,
  /** Milliseconds between attempts at most: soon enough after a network has come back, too rare to burden anybody. */
  retryMaxMs: 300_000,
  /** Nodes kept in a snapshot, per family: enough to find some alive after weeks. */
  savedNodes: 200,
  /** Pings under way at once to see whether a node that asked us deserves a place in the table. */
  checks: 32,
  /** Addresses of nodes taken from outside (torrents, PORT messages, users) that wait to be asked. */
  bootstrapNodes: 512,
  /** Datagrams waiting to be flushed: whoever never flushes loses the newest, not the process. */
  outgoing: 8_192,
  /** Queries a second of a crawl: a few kilobytes, no burden to anybody. */
  crawlQueriesPerSecond: 20,
  /** Questions of a crawl without an answer at once. */
  crawlInFlight: 200,
  /** Nodes a crawl remembers; about a fiftieth of the whole network in 10 MiB. */
  crawlNodes: 100_000,
  /** Info-hashes a crawl remembers so as not to report them twice, in 40 MiB at most. */
  crawlHashes: 500_000,
} as const;
