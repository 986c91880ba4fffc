/** One link of the reference peer: handshake, framing, and who handles which message. */
import type { Socket } from 'node:net';
import {
  bitsOf,
  type Handshake,
  hasBit,
  ids,
  indexOf,
  type Message,
  message,
  protocol,
  readHandshake,
  reservedWith,
  writeHandshake,
} from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Bug } from './bugs.ts';
import { Download } from './download.ts';
import { Extensions } from './extensions.ts';
import { Framing } from './framing.ts';
import { Hashes } from './hashes.ts';
import type { PeerNode } from './node.ts';
import { Upload } from './upload.ts';
import { UtpStream } from './utp-stream.ts';

const huge = 0x10_0000;

export class Link {
  /** Whose torrent it is about, which who is called knows with the handshake. */
  node: PeerNode;
  readonly outgoing: boolean;
  readonly upload: Upload;
  readonly download: Download;
  readonly extensions: Extensions;
  readonly hashes: Hashes;
  readonly socket: Socket;
  theirs: Handshake | undefined;
  /** Both sides speak it. */
  fast = false;
  extended = false;
  /** Messages besides keep-alives and extended ones that have come. */
  messages = 0;
  readonly #framing: Framing;
  /** The swarm that it is in: a torrent of both versions has two (BEP 52, upgrade path). */
  #infoHash: Uint8Array;
  #greeted = false;
  #open = true;

  constructor(node: PeerNode, socket: Socket, to?: Endpoint, infoHash: Uint8Array = node.infoHash) {
    const outgoing = to !== undefined;
    this.node = node;
    this.socket = socket;
    this.outgoing = outgoing;
    this.#infoHash = infoHash;
    const { remoteAddress, remotePort } = socket;
    const known =
      remoteAddress === undefined ? undefined : { ip: remoteAddress.replace('::ffff:', ''), port: remotePort! };
    this.remote = to ?? known;
    this.upload = new Upload(this);
    this.download = new Download(this);
    this.extensions = new Extensions(this);
    this.hashes = new Hashes(this);
    this.#framing = new Framing(this, huge);
    socket.setNoDelay(true);
    socket.on('connect', () => this.#greet());
    socket.on('data', (bytes) => this.#framing.receive(bytes));
    socket.on('end', () => this.close());
    socket.on('error', () => this.close());
    socket.on('close', () => this.#closed());
  }

  has(bug: Bug): boolean {
    return this.node.has(bug);
  }

  /** Where it speaks from. */
  readonly remote: Endpoint | undefined;

  /** Where others can call it. */
  get listensAt(): Endpoint | undefined {
    if (this.outgoing || this.remote === undefined) return this.remote;
    return this.extensions.port === undefined ? undefined : { ip: this.remote.ip, port: this.extensions.port };
  }

  get overUtp(): boolean {
    return (this.socket as unknown) instanceof UtpStream;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  close(): void {
    this.socket.end();
    this.#closed();
  }

  send(id: number, ...parts: (number | Uint8Array)[]): boolean {
    return this.#open && this.socket.write(message(id, ...parts));
  }

  sendRaw(bytes: Uint8Array): void {
    if (this.#open) this.socket.write(bytes);
  }

  have(piece: number): void {
    if (this.theirs !== undefined) this.send(ids.have, piece);
  }

  /** The first 48 bytes are enough to answer. Wrong ones end it. */
  promising(bytes: Uint8Array): boolean {
    const start = this.has('any-protocol-length') ? 1 : 0;
    const end = this.has('any-protocol-string') ? 1 : Math.min(20, bytes.length);
    const right = Buffer.compare(bytes.subarray(start, end), protocol.subarray(start, end)) === 0;
    if (!right && this.has('dies-of-http')) this.node.die();
    if (right && bytes.length < 68 && this.has('closes-on-partial-handshake')) return false;
    if (right && bytes.length < 68 && this.has('assumes-one-read')) return false;
    if (!right || bytes.length < 48) return right;
    const known = this.#knows(bytes.subarray(28, 48), bytes.subarray(20, 28));
    const anything = this.outgoing ? this.has('ignores-answered-hash') : this.has('any-info-hash');
    if (!known && !anything) return false;
    this.#greet();
    return true;
  }

  /** The torrent is of both versions, and the peer speaks the first. */
  get isOfVersion1(): boolean {
    return this.node.infoHash2 !== undefined && this.#infoHash === this.node.infoHash;
  }

  /** Who calls with the first hash of a torrent of both versions and speaks the second is answered with the second (BEP 52, upgrade path). */
  #knows(infoHash: Uint8Array, reserved: Uint8Array): boolean {
    const isOf = (node: PeerNode) => node.infoHashes.some((each) => Buffer.compare(infoHash, each) === 0);
    const other = this.outgoing ? undefined : this.node.beside.find(isOf);
    if (other !== undefined && this.has('first-torrent-only')) return true;
    if (other !== undefined) this.node = other;
    const { node } = this;
    const theirs = node.infoHashes.find((each) => Buffer.compare(infoHash, each) === 0);
    if (theirs === undefined) return false;
    if (this.outgoing && theirs !== this.#infoHash && theirs !== node.infoHash2) return false;
    const upgrades = !this.outgoing && theirs === node.infoHash && hasBit(reserved, 'version2');
    if (upgrades && node.infoHash2 !== undefined && this.has('closes-on-upgrade-bit')) return false;
    this.#infoHash = upgrades ? (node.infoHash2 ?? theirs) : theirs;
    return true;
  }

  greeted(bytes: Uint8Array): void {
    const theirs = readHandshake(bytes);
    const { node } = this;
    const isSelf = Buffer.compare(theirs.peerId, node.peerId) === 0;
    if (isSelf && !this.has('talks-to-itself')) return this.close();
    const twins = [...node.links].filter((each) => Buffer.compare(each.theirs!.peerId, theirs.peerId) === 0);
    if (twins.length > 0 && this.has('both-close-duplicates')) for (const twin of twins) twin.close();
    if (twins.length > 0 && !isSelf && !this.has('keeps-duplicates')) return this.close();
    const unknown = theirs.reserved.some((byte, at) => (byte & ~reservedWith('extended', 'fast', 'dht')[at]!) !== 0);
    if (unknown && this.has('drops-unknown-reserved')) return this.close();
    this.theirs = theirs;
    this.fast = (hasBit(theirs.reserved, 'fast') || this.has('fast-without-bit')) && !this.has('no-fast-bit');
    const asked = hasBit(theirs.reserved, 'extended');
    const unasked = this.has('extended-without-bit') || this.has('unasked-extended-handshake');
    this.extended = (asked || unasked) && !this.has('no-extension-bit');
    node.links.add(this);
    this.#begin();
  }

  /** The metadata has come while this link was open. */
  learned(): void {
    if (this.has('stalls-after-metadata')) return;
    this.download.learned();
    this.extensions.learned();
  }

  message(each: Message): void {
    const { id } = each;
    if (id === undefined) return this.#keepAlive();
    if (id === ids.extended) return this.extensions.receive(each);
    if (id === ids.port) this.node.heardPort(this, each.payload);
    const first = this.messages++ === 0;
    if (first && id !== ids.bitfield && this.has('requires-bitfield')) return this.close();
    const known = this.hashes.receive(each) || this.upload.receive(each) || this.download.receive(each, first);
    if (!known && this.has('closes-on-unknown-id')) this.close();
  }

  indexIn(each: Message): number {
    return indexOf(each);
  }

  #sayPort(): void {
    const { port } = this.node;
    const bytes = this.has('long-port') ? [0, 0, port >> 8, port & 0xff] : [port >> 8, port & 0xff];
    this.send(ids.port, Uint8Array.from(bytes));
  }

  #keepAlive(): void {
    if (this.has('drops-keep-alives')) this.close();
    if (this.has('answers-keep-alives')) this.sendRaw(new Uint8Array(4));
  }

  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    const { infoHash2, peerId } = this.node;
    const infoHash = this.has('zero-info-hash') ? new Uint8Array(20) : this.#infoHash;
    if (this.has('bitfield-before-handshake')) this.send(ids.bitfield, Uint8Array.of(0));
    const reserved = new Uint8Array(8);
    if (!this.has('no-extension-bit')) reserved.set(reservedWith('extended'));
    if (!this.has('no-fast-bit')) reserved[7]! |= 4;
    if (this.node.dht !== undefined && !this.has('no-dht-bit')) reserved[7]! |= 1;
    if (this.outgoing && infoHash2 !== undefined && !this.has('no-upgrade-bit')) reserved[7]! |= 0x10;
    const swapped = this.has('handshake-fields-swapped');
    this.sendRaw(
      writeHandshake(swapped ? { reserved, infoHash: peerId, peerId: infoHash } : { reserved, infoHash, peerId }),
    );
  }

  #begin(): void {
    const late = this.has('late-extended-handshake');
    if (this.extended && !late) this.extensions.greet();
    this.#sayPieces();
    if (this.node.dht !== undefined && hasBit(this.theirs!.reserved, 'dht')) this.#sayPort();
    this.upload.allowFast();
    this.download.begin();
    if (this.extended && late) this.extensions.greet();
  }

  #sayPieces(): void {
    const { store } = this.node;
    const count = store?.pieceCount ?? 0;
    const pieces = this.has('bitfield-all-ones')
      ? Array.from({ length: count }, (_, at) => at)
      : [...(store?.have ?? [])];
    if (this.has('no-first-message') && this.fast) return;
    if (this.has('have-before-bitfield') && pieces.length > 0) this.send(ids.have, pieces[0]!);
    const isSeed = pieces.length === count && count > 0;
    if (this.fast && pieces.length === 0) this.send(ids.haveNone);
    else if (this.fast && isSeed) this.send(ids.haveAll);
    if (this.fast && isSeed && !this.has('have-all-and-bitfield')) return;
    if (pieces.length === 0) return;
    const bitfield = bitsOf(pieces, count);
    if (this.has('spare-bits-ones') && count % 8 > 0) bitfield[bitfield.length - 1]! |= 0xff >> (count % 8);
    this.send(ids.bitfield, this.has('bitfield-lsb-first') ? bitfield.map(reversed) : bitfield);
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.node.links.delete(this) && this.listensAt !== undefined) {
      this.node.departed.push(this.listensAt);
      if (!this.outgoing && this.has('calls-back')) this.node.dial(this.listensAt);
    }
    for (const each of this.node.links) each.download.fill();
    this.node.seekHashes();
  }
}

function reversed(byte: number): number {
  return Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
}
