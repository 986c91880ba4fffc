/** One direction of a conversation put together from its segments, by a number that says where each belongs (TCP; BEP 29). */
import type { Place } from './capture.ts';

export class Stream {
  readonly from: Place;
  readonly to: Place;
  readonly startedAt: number;
  /** Bytes that were sent again. */
  repeated = 0;
  /** Set where something is known to be missing that has no position yet. */
  gap = false;
  readonly #chunks: Buffer[] = [];
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  readonly #waiting = new Map<number, { readonly bytes: Buffer; readonly time: number }>();
  #length = 0;

  constructor(from: Place, to: Place, startedAt: number) {
    this.from = from;
    this.to = to;
    this.startedAt = startedAt;
  }

  /** Position counts from the first byte. Segments may come in any order and more than once. */
  put(position: number, bytes: Buffer, time: number): void {
    if (bytes.length === 0) return;
    const known = this.#length - position;
    if (known >= bytes.length) this.repeated += bytes.length;
    else if (known >= 0) {
      this.repeated += known;
      this.#append(bytes.subarray(known), time);
    } else this.#waiting.set(position, { bytes, time });
    for (let next = this.#next(); next !== undefined; next = this.#next())
      this.put(next.position, next.bytes, next.time);
  }

  /** Bytes that never came into view: the capture has a hole. */
  get torn(): boolean {
    return this.gap || this.#waiting.size > 0;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get length(): number {
    return this.#length;
  }

  /** When the byte before this position was seen. */
  timeAt(position: number): number {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return this.#times[low] ?? this.startedAt;
  }

  #append(bytes: Buffer, time: number): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    this.#ends.push(this.#length);
    this.#times.push(time);
  }

  #next(): { readonly position: number; readonly bytes: Buffer; readonly time: number } | undefined {
    for (const [position, { bytes, time }] of this.#waiting) {
      if (position > this.#length) continue;
      this.#waiting.delete(position);
      return { position, bytes, time };
    }
    return undefined;
  }
}

export interface Conversation {
  readonly transport: 'tcp' | 'utp';
  /** Of the one who called. */
  readonly there: Stream;
  readonly back: Stream;
}
