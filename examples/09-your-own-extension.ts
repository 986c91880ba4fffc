// An extension of the peer protocol (BEP 10) in one class: it receives payloads and flushes payloads; numbers, framing and
// negotiation are not its business. Run it with: node --conditions=@ferro/source examples/09-your-own-extension.ts
import { type BencodeDictionary, textAt } from '@ferro/bencode';
import { Id20, utf8 } from '@ferro/core';
import { Simulation } from '@ferro/sim';
import { type Extension, makePeerId, PeerConnection } from '@ferro/wire';

class ChatExtension implements Extension<'xx_chat', { readonly text: string }> {
  readonly name = 'xx_chat';
  readonly deadline = Number.POSITIVE_INFINITY;
  #waiting: Uint8Array[] = [];

  say(text: string): void {
    this.#waiting.push(utf8(text));
  }
  offer(): { readonly xx_mood: string } {
    return { xx_mood: 'talkative' };
  }
  accept(theirs: BencodeDictionary): readonly { readonly text: string }[] {
    return [{ text: `(they are ${textAt(theirs, 'xx_mood')})` }];
  }
  receive(payload: Uint8Array): readonly { readonly text: string }[] {
    return [{ text: new TextDecoder().decode(payload) }];
  }
  tick(): readonly never[] {
    return [];
  }
  flush(): readonly Uint8Array[] {
    return this.#waiting.splice(0);
  }
}

const host = new Simulation({ seed: 1 }).host('203.0.113.1');
const infoHash = Id20.from('c0ffee'.padEnd(40, '0'));
const [alice, bob] = [new ChatExtension(), new ChatExtension()];
const [left, right] = [alice, bob].map(
  (chat) => new PeerConnection(host, { infoHash, peerId: makePeerId(host), extensions: [chat] }),
);
alice.say('hello, bob');
bob.say('hello, alice');
for (let round = 0; round < 3; round++) {
  for (const [name, from, to] of [
    ['bob', left!, right!],
    ['alice', right!, left!],
  ] as const) {
    for (const bytes of from.flush()) {
      for (const event of to.receive(bytes))
        if (event.type === 'extension') console.log(`${name} hears: ${event.event.text}`);
    }
  }
}
