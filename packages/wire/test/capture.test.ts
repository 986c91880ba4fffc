/**
 * A second opinion: the bytes of a conversation between two connections, written to a capture file as TCP, have to be
 * BitTorrent to the dissector of Wireshark, with no message that it calls malformed (BEP 3, 5, 6, 10).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect, test } from 'vitest';
import { DontHaveExtension, PeerConnection } from '../src/index.ts';
import { ALICE, BOB, INFO_HASH, join, World } from './pair.ts';

const GEOMETRY = { pieceCount: 10, pieceLength: 65_536, length: 10 * 65_536 };

/** Finding out is running it: where it is not installed, there is nothing to ask. */
function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Sent {
  readonly from: 'alice' | 'bob';
  readonly bytes: Uint8Array;
}

/** All that two connections say to each other, in the order in which it was sent. */
function conversation(): Sent[] {
  const world = new World();
  const about = { infoHash: INFO_HASH, geometry: GEOMETRY, dht: true, client: 'Ferro', port: 6_881 };
  const alice = new PeerConnection(world, { ...about, peerId: ALICE, extensions: [new DontHaveExtension()] });
  const dontHave = new DontHaveExtension();
  const bob = new PeerConnection(world, { ...about, peerId: BOB, extensions: [dontHave] });
  const sent: Sent[] = [];
  const talk = () => {
    for (let round = 0; round < 3; round++) {
      for (const [from, us, them] of [
        ['alice', alice, bob],
        ['bob', bob, alice],
      ] as const) {
        const bytes = join(us.flush());
        if (bytes.length === 0) continue;
        sent.push({ from, bytes });
        them.receive(bytes);
      }
    }
  };
  talk();
  alice.haveNone();
  bob.bitfield(Uint8Array.of(0xff, 0xc0));
  alice.setInterested(true);
  talk();
  bob.allowFast([1, 2]);
  bob.suggest(3);
  bob.port(6_881);
  bob.unchoke();
  talk();
  for (let begin = 0; begin < 65_536; begin += 16_384) alice.request({ piece: 3, begin, length: 16_384 });
  talk();
  bob.piece(3, 0, new Uint8Array(16_384).fill(1));
  bob.piece(3, 16_384, new Uint8Array(16_384).fill(2));
  alice.cancel({ piece: 3, begin: 32_768, length: 16_384 });
  talk();
  bob.reject({ piece: 3, begin: 49_152, length: 16_384 });
  dontHave.dontHave(9);
  alice.have(3);
  bob.choke();
  alice.setInterested(false);
  talk();
  world.time += 115_000;
  alice.tick();
  talk();
  expect([alice.closed, bob.closed]).toEqual([false, false]);
  return sent;
}

const MESSAGES = [
  'Unchoke',
  'Interested',
  'Not Interested',
  'Have',
  'Bitfield',
  'Request',
  'Piece',
  'Cancel',
  'Port',
  'Choke',
  'Have None',
  'Reject Request',
  'Allowed Fast',
  'Suggest Piece',
  'Extended',
];

const available = hasTshark();

test.skipIf(!available)(
  `BEP 3: Wireshark dissects a conversation without a malformed packet${available ? '' : ' (skipped: tshark is not installed)'}`,
  { timeout: 60_000 },
  () => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'ferro-capture-'));
    try {
      const path = joinPath(folder, 'talk.pcap');
      writeFileSync(path, capture(conversation()));
      const fields = ['frame.protocols', '_ws.malformed', '_ws.expert.severity', 'bittorrent.msg.type', '_ws.col.Info'];
      const text = execFileSync('tshark', ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const packets = text
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const info = packets.map((packet) => packet[4]).join(' ');
      for (const message of MESSAGES) expect(info).toContain(message);
      expect(info).toContain('Handshake');
      expect(packets.some(([protocols]) => protocols?.endsWith(':bittorrent'))).toBe(true);
      expect(text.toLowerCase()).not.toContain('malformed');
      // Severity of errors in Wireshark's numbers.
      expect(
        packets.filter((packet) => packet[2]?.split(',').some((severity) => Number(severity) >= 8_388_608)),
      ).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

const ADDRESSES = { alice: [10, 0, 0, 1], bob: [10, 0, 0, 2] } as const;
const PORTS = { alice: 40_000, bob: 6_881 } as const;

/** A pcap file: Ethernet, IPv4, TCP, after a proper opening. */
function capture(sent: readonly Sent[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(24));
  setWords(head, [0xa1b2c3d4, 0x00020004, 0, 0, 65_535, 1]);
  const packets: Uint8Array[] = [new Uint8Array(head.buffer)];
  const sequence = { alice: 1_000, bob: 2_000 };
  const add = (from: 'alice' | 'bob', flags: number, bytes: Uint8Array) => {
    const to = from === 'alice' ? 'bob' : 'alice';
    packets.push(packet(from, to, sequence[from], flags === 2 ? 0 : sequence[to], flags, bytes, packets.length));
    sequence[from] += bytes.length + (flags & 2 ? 1 : 0);
  };
  const none = new Uint8Array(0);
  add('alice', 0x02, none);
  add('bob', 0x12, none);
  add('alice', 0x10, none);
  for (const { from, bytes } of sent) {
    for (let at = 0; at < bytes.length; at += 1_400) add(from, 0x18, bytes.subarray(at, at + 1_400));
  }
  return join(packets);
}

function packet(
  from: 'alice' | 'bob',
  to: 'alice' | 'bob',
  sequence: number,
  acknowledged: number,
  flags: number,
  bytes: Uint8Array,
  time: number,
): Uint8Array {
  const length = 14 + 20 + 20 + bytes.length;
  const packet = new Uint8Array(16 + length);
  const view = new DataView(packet.buffer);
  setWords(view, [1_700_000_000 + time, 0, length, length]);
  view.setUint16(16 + 12, 0x0800);
  const ip = 16 + 14;
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, length - 14);
  view.setUint16(ip + 4, time);
  view.setUint16(ip + 8, 0x4006);
  packet.set(ADDRESSES[from], ip + 12);
  packet.set(ADDRESSES[to], ip + 16);
  const tcp = ip + 20;
  view.setUint16(tcp, PORTS[from]);
  view.setUint16(tcp + 2, PORTS[to]);
  view.setUint32(tcp + 4, sequence);
  view.setUint32(tcp + 8, acknowledged);
  view.setUint16(tcp + 12, 0x5000 | flags);
  view.setUint16(tcp + 14, 65_535);
  packet.set(bytes, tcp + 20);
  return packet;
}

function setWords(view: DataView, words: readonly number[]): void {
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word);
}
