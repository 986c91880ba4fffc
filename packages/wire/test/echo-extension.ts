/** An extension for tests: says words, hears them, remembers what it was told in handshakes. */
import { type BencodeDictionary, type BencodeInput, textAt } from '@ferro/bencode';
import type { Extension } from '../src/index.ts';

export type EchoEvent =
  | { readonly type: 'word'; readonly word: string }
  | { readonly type: 'greeted'; readonly by: string };

export class EchoExtension<Name extends string = 'xx_echo'> implements Extension<Name, EchoEvent> {
  readonly name: Name;
  deadline: number = Number.POSITIVE_INFINITY;
  withdrawn = 0;
  readonly #greeting: string;
  #words: string[] = [];

  constructor(name: Name, greeting = 'hello') {
    this.name = name;
    this.#greeting = greeting;
  }

  say(word: string): void {
    this.#words.push(word);
  }

  offer(): { readonly [key: string]: BencodeInput } {
    return { [`${this.name}_greeting`]: this.#greeting };
  }

  accept(handshake: BencodeDictionary): readonly EchoEvent[] {
    return [{ type: 'greeted', by: textAt(handshake, `${this.name}_greeting`) ?? 'nobody' }];
  }

  withdraw(): void {
    this.withdrawn++;
  }

  receive(payload: Uint8Array): readonly EchoEvent[] {
    return [{ type: 'word', word: Buffer.from(payload).toString() }];
  }

  tick(): readonly EchoEvent[] {
    this.deadline = Number.POSITIVE_INFINITY;
    this.say('tick');
    return [{ type: 'word', word: 'ticked' }];
  }

  flush(): readonly Uint8Array[] {
    return this.#words.splice(0).map((word) => Uint8Array.from(Buffer.from(word)));
  }
}
