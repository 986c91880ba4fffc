/** What went over the wire in one case, both directions, in order: the evidence under every verdict. */
import { limits } from './limits.ts';

export interface Entry {
  /** Milliseconds since the case began. */
  readonly atMs: number;
  /** Which conversation: 'udp 1', 'http 2'. */
  readonly link: string;
  readonly direction: 'sent' | 'received' | 'note';
  readonly what: string;
  readonly length?: number;
  readonly hex?: string;
}

export class Timeline {
  readonly #entries: Entry[] = [];
  readonly #began: number = performance.now();
  readonly #links: Map<string, number> = new Map();

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** A name for a new conversation. */
  link(kind: string): string {
    const number = (this.#links.get(kind) ?? 0) + 1;
    this.#links.set(kind, number);
    return `${kind} ${number}`;
  }

  sent(link: string, what: string, bytes: Uint8Array): void {
    this.#add({ link, direction: 'sent', what, ...shown(bytes) });
  }

  received(link: string, what: string, bytes: Uint8Array): void {
    this.#add({ link, direction: 'received', what, ...shown(bytes) });
  }

  note(link: string, what: string): void {
    this.#add({ link, direction: 'note', what });
  }

  #add(entry: Omit<Entry, 'atMs'>): void {
    if (this.#entries.length >= limits.timelineEntries) this.#entries.splice(limits.timelineEntries / 2, 1);
    this.#entries.push({ atMs: Math.round((performance.now() - this.#began) * 10) / 10, ...entry });
  }
}

function shown(bytes: Uint8Array): { length: number; hex: string } {
  return { length: bytes.length, hex: Buffer.from(bytes.subarray(0, limits.timelineMessageLength)).toString('hex') };
}
