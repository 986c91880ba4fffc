/** TCP conversations of a capture, each from its SYN on. */
import { nameOf, type Packet } from './capture.ts';
import { type Conversation, Stream } from './stream.ts';

export class TcpConversations {
  readonly #open = new Map<string, { readonly stream: Stream; readonly first: number }>();
  readonly #found: { there: Stream; readonly callee: string; back: Stream | undefined }[] = [];

  take(packet: Packet): void {
    const key = `${nameOf(packet.from)} ${nameOf(packet.to)}`;
    const reverse = `${nameOf(packet.to)} ${nameOf(packet.from)}`;
    const known = this.#open.get(key);
    if (packet.syn) {
      // A SYN that is sent again begins nothing.
      if (known?.first === (packet.sequence + 1) >>> 0) return;
      const stream = new Stream(packet.from, packet.to, packet.time);
      this.#open.set(key, { stream, first: (packet.sequence + 1) >>> 0 });
      const call = this.#found.findLast(({ callee, back }) => callee === key && back === undefined);
      if (call === undefined) this.#found.push({ there: stream, callee: reverse, back: undefined });
      else call.back = stream;
    } else if (known !== undefined) {
      // Up to 2 GiB from the first byte: more is not transferred here.
      known.stream.put((packet.sequence - known.first) | 0, packet.payload, packet.time);
    }
  }

  /** Those that somebody answered. */
  conversations(): Conversation[] {
    return this.#found.flatMap(({ there, back }) => (back === undefined ? [] : [{ transport: 'tcp', there, back }]));
  }
}
