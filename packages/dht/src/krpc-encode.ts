/**
 * Writes a message of the DHT (BEP 5, KRPC protocol): what it is told, legal or not. Keys in their order, one line each:
 * a loop over a table of them takes three times as long, and every answer passes here.
 */
import type { KrpcMessage } from './krpc.ts';
import type { BodyFields } from './krpc-body.ts';
import { KrpcWriter } from './krpc-writer.ts';

const writer = new KrpcWriter();
const encoder = new TextEncoder();

const key = (text: string): Uint8Array => encoder.encode(`${text.length}:${text}`);
const OPEN_ERROR = encoder.encode('d1:el');
const OPEN_QUERY = encoder.encode('d1:ad');
const CLOSE_BODY = encoder.encode('e');
const READ_ONLY = encoder.encode('2:roi1e');
const KINDS = {
  query: encoder.encode('1:y1:qe'),
  response: encoder.encode('1:y1:re'),
  error: encoder.encode('1:y1:ee'),
};
const KEY = {
  address: key('ip'),
  answer: encoder.encode('1:rd'),
  method: key('q'),
  transaction: key('t'),
  version: key('v'),
  peerFilter: key('BFpe'),
  seedFilter: key('BFsd'),
  cas: key('cas'),
  id: key('id'),
  impliedPort: key('implied_port'),
  infoHash: key('info_hash'),
  interval: key('interval'),
  k: key('k'),
  nodes: key('nodes'),
  nodes6: key('nodes6'),
  noSeed: key('noseed'),
  num: key('num'),
  port: key('port'),
  salt: key('salt'),
  samples: key('samples'),
  scrape: key('scrape'),
  seed: key('seed'),
  seq: key('seq'),
  sig: key('sig'),
  target: key('target'),
  token: key('token'),
  v: key('v'),
  values: key('values'),
  want: key('want'),
};

export function encodeKrpc(message: KrpcMessage): Uint8Array {
  if (message.type === 'query') {
    writer.raw(OPEN_QUERY);
    writeBody(message.body);
    writer.raw(KEY.method).string(encoder.encode(message.method));
    if (message.readOnly === true) writer.raw(READ_ONLY);
  } else if (message.type === 'error') {
    writer.raw(OPEN_ERROR).integer(message.code).string(encoder.encode(message.message)).byte(101);
    string(KEY.address, message.address);
  } else {
    writer.byte(100);
    string(KEY.address, message.address);
    writer.raw(KEY.answer);
    writeBody(message.body);
  }
  writer.raw(KEY.transaction).string(message.transaction);
  string(KEY.version, message.version);
  return writer.raw(KINDS[message.type]).finish();
}

function writeBody(body: BodyFields): void {
  string(KEY.peerFilter, body.peerFilter);
  string(KEY.seedFilter, body.seedFilter);
  integer(KEY.cas, body.cas);
  string(KEY.id, body.id);
  flag(KEY.impliedPort, body.impliedPort);
  string(KEY.infoHash, body.infoHash);
  integer(KEY.interval, body.interval);
  string(KEY.k, body.k);
  string(KEY.nodes, body.nodes);
  string(KEY.nodes6, body.nodes6);
  flag(KEY.noSeed, body.noSeed);
  integer(KEY.num, body.num);
  integer(KEY.port, body.port);
  string(KEY.salt, body.salt);
  string(KEY.samples, body.samples);
  flag(KEY.scrape, body.scrape);
  flag(KEY.seed, body.seed);
  integer(KEY.seq, body.seq);
  string(KEY.sig, body.sig);
  string(KEY.target, body.target);
  string(KEY.token, body.token);
  if (body.v !== undefined) writer.raw(KEY.v).raw(body.v);
  if (body.values !== undefined) list(KEY.values, body.values);
  if (body.want !== undefined)
    list(
      KEY.want,
      body.want.map((family) => encoder.encode(`n${family}`)),
    );
  writer.raw(CLOSE_BODY);
}

function string(name: Uint8Array, value: Uint8Array | undefined): void {
  if (value !== undefined) writer.raw(name).string(value);
}

function integer(name: Uint8Array, value: number | bigint | undefined): void {
  if (value !== undefined) writer.raw(name).integer(value);
}

function flag(name: Uint8Array, value: boolean | undefined): void {
  if (value === true) writer.raw(name).integer(1);
}

function list(name: Uint8Array, strings: readonly Uint8Array[]): void {
  writer.raw(name).byte(108);
  for (const entry of strings) writer.string(entry);
  writer.byte(101);
}
