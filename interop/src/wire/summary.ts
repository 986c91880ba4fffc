/** The facts of a capture as lines for people. */
import { nameOf, type Place } from './capture.ts';
import type { Facts } from './facts.ts';
import type { Voice } from './talk.ts';

/** Names stand for addresses: who is who in the cell. */
export function summaryOf(facts: Facts, names: ReadonlyMap<string, string>): string {
  const name = (place: Place) => names.get(place.ip) ?? nameOf(place);
  const at = (time: number) => `${(time - facts.startedAt).toFixed(3)} s`;
  const lines = [`${facts.packets} packets, ${facts.bytes} bytes`];
  for (const talk of facts.talks) {
    const [one, other] = talk.voices;
    lines.push(
      `${at(talk.startedAt)}: ${name(one.from)} calls ${name(other.from)} over ${talk.transport}, ${one.infoHash}`,
    );
    for (const voice of talk.voices) lines.push(`  ${name(voice.from)}: ${said(voice, at)}`);
  }
  for (const { from, to, line } of facts.http) lines.push(`HTTP ${name(from)} to ${name(to)}: ${line.slice(0, 300)}`);
  const questions = new Map<string, number>();
  for (const message of facts.dht) {
    const key = `DHT ${name(message.from)} to ${name(message.to)}: ${message.name} ${message.infoHash}`.trimEnd();
    questions.set(key, (questions.get(key) ?? 0) + 1);
  }
  for (const [key, count] of questions) lines.push(`${key} × ${count}`);
  if (facts.utpPackets > 0) lines.push(`uTP: ${facts.utpPackets} packets`);
  for (const pair of facts.udpTracker) {
    lines.push(
      `UDP tracker: ${pair
        .split(' ')
        .map((ip) => names.get(ip) ?? ip)
        .join(' asks ')}`,
    );
  }
  for (const hash of new Set(facts.discovery)) lines.push(`local discovery of ${hash}`);
  for (const { from, to } of facts.unreadable) lines.push(`cannot be read: ${name(from)} to ${name(to)}`);
  for (const [port, count] of Object.entries(facts.others)) lines.push(`other datagrams to port ${port}: ${count}`);
  if (facts.torn > 0) lines.push(`conversations with a hole in the capture: ${facts.torn}`);
  return `${lines.join('\n')}\n`;
}

function said(voice: Voice, at: (time: number) => string): string {
  const messages = Object.entries(voice.messages).map(([name, count]) => (count === 1 ? name : `${name} × ${count}`));
  const id = voice.peerId.slice(0, 8).replace(/[^ -~]/g, '?');
  const blocks =
    voice.firstBlockAt === undefined
      ? ''
      : `; ${voice.payload} bytes of blocks (${voice.duplicate} twice) from ${at(voice.firstBlockAt)} to ${at(voice.lastBlockAt ?? 0)}`;
  return `${voice.agent || 'no name'} (${id}) ${messages.join(', ')}${blocks}`;
}
