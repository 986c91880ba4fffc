/** BEP 3, trackers: what a client makes of the answers of an HTTP tracker. */
import { gzipSync } from 'node:zlib';
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { dictionaries, listing } from '../../probe/announce/http-spy.ts';
import { writeBencode } from '../../probe/bencode.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import { defineCase } from './define.ts';
import { calls, callsNot, survives, text } from './told.ts';

export const answers: readonly Case[] = [
  calls(
    {
      id: 'bep3.announce.missing-interval',
      title: 'an answer without an interval is used',
      killedBy: { 'requires-interval': 'non-strict' },
    },
    (at) => listing([at], { interval: undefined }),
  ),
  survives(
    {
      id: 'bep3.announce.interval-zero-or-negative',
      title: 'an interval that is not positive is not obeyed',
      killedBy: { 'interval-is-the-pause': 'non-strict' },
    },
    () => listing([], { interval: 0 }),
    () => listing([], { interval: -5 }),
  ),
  survives(
    {
      id: 'bep3.announce.interval-string',
      title: 'an interval that is text does no harm',
      killedBy: { 'dies-of-textual-interval': 'crash' },
    },
    () => listing([], { interval: '1800' }),
  ),
  survives(
    {
      id: 'bep3.announce.failure-reason',
      title: 'a tracker may say that it failed; it is not asked again at once',
      killedBy: { 'dies-of-failures': 'crash', hammers: 'fail' },
    },
    () => text('d14:failure reason7:not nowe'),
  ),
  callsNot(
    {
      id: 'bep3.announce.failure-reason-with-peers',
      title: 'an answer that says failure has nothing else to say',
      killedBy: { 'ignores-failures': 'non-strict' },
    },
    (at) => listing([at], { 'failure reason': 'not now' }),
  ),
  calls(
    {
      id: 'bep3.announce.peers-dict-list',
      title: 'peers may be a list of dictionaries',
      killedBy: { 'compact-only': 'fail' },
    },
    (at) => listing([], { peers: dictionaries([{ ...at, id: Buffer.from('-FC0001-bbbbbbbbbbbb') }]) }),
  ),
  defineCase({
    id: 'bep3.announce.peers-dict-dns',
    title: 'a peer may be given by name',
    section: 'BEP 3, trackers',
    killedBy: { 'addresses-only': 'fail' },
    async run({ http, named, start }) {
      const [tracker, callee] = [await http(), await named()];
      tracker.answer = () => listing([], { peers: dictionaries([callee.at]) });
      await start({ announce: tracker.url });
      await callee.calls.next();
    },
  }),
  calls(
    {
      id: 'bep3.announce.peers-dict-no-peer-id',
      title: 'a peer may be given without its peer id',
      killedBy: { 'requires-peer-ids': 'non-strict' },
    },
    (at) => listing([], { peers: dictionaries([at]) }),
  ),
  calls(
    {
      id: 'bep3.announce.peers-dict-bad-entry',
      title: 'a peer that is none does not spoil the others',
      killedBy: { 'all-or-nothing': 'non-strict' },
    },
    (at) => listing([], { peers: [{ port: 6_881 }, { ip: ourAddress(), port: 0 }, { ...at }] }),
  ),
  calls(
    {
      id: 'bep3.announce.unknown-keys-ignored',
      title: 'keys that nobody knows are ignored',
      killedBy: { 'known-keys-only': 'non-strict' },
    },
    (at) => listing([at], { 'x-odd': { deep: [1, 'two'] }, zz: -1 }),
  ),
  calls(
    {
      id: 'bep3.announce.unsorted-response',
      title: 'an answer that is not sorted is read',
      killedBy: { 'sorted-only': 'non-strict' },
    },
    (at) => ({
      body: writeBencode(
        new Map<string, number | Uint8Array>([
          ['peers', writeCompact(at)],
          ['interval', 1_800],
        ]),
      ),
    }),
  ),
  survives(
    {
      id: 'bep3.announce.not-bencode',
      title: 'a web page instead of an answer does no harm, and is not asked for again at once',
      killedBy: { 'dies-of-html': 'crash', hammers: 'non-strict' },
    },
    () => text('<html><body>Hotel WiFi</body></html>'),
  ),
  survives(
    {
      id: 'bep3.announce.http-error-status',
      title: 'a tracker that answers with an error is not asked again at once',
      killedBy: { hammers: 'non-strict' },
    },
    () => text('', 404),
    () => text('d14:failure reason4:busye', 503),
  ),
  calls(
    {
      id: 'bep3.announce.http-redirect',
      title: 'a redirect is followed',
      killedBy: { 'follows-no-redirects': 'non-strict' },
    },
    (at, tracker) => {
      const last = tracker.asked.all.at(-1)!;
      if (last.query.has('moved')) return listing([at]);
      const location = `${tracker.url}?moved=1&${last.raw.split('?')[1]}`;
      return { status: 302, headers: { Location: location }, body: new Uint8Array() };
    },
  ),
  calls(
    {
      id: 'bep3.announce.http-gzip',
      title: 'who asks for compressed answers reads them',
      killedBy: { 'no-gunzip': 'non-strict' },
    },
    (at, tracker) => {
      const plain = listing([at]);
      const asks = String(tracker.asked.all.at(-1)?.headers['accept-encoding']).includes('gzip');
      if (!asks) return plain;
      return { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(plain.body as Uint8Array) };
    },
  ),
  calls(
    {
      id: 'bep3.announce.http-chunked',
      title: 'an answer may come in chunks',
      killedBy: { 'no-chunks': 'non-strict' },
    },
    (at) => {
      const { body } = listing([at]) as { readonly body: Uint8Array };
      return { body: [body.subarray(0, 7), body.subarray(7)] };
    },
  ),
  calls(
    {
      id: 'bep3.announce.warning-message',
      title: 'a warning is no failure',
      killedBy: { 'warnings-are-failures': 'non-strict' },
    },
    (at) => listing([at], { 'warning message': 'soon' }),
  ),
];
