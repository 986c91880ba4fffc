// The few ambient names that protocol packages may use. Everything else that a host offers (timers, fetch, Buffer, process,
// console, crypto, performance) does not exist for the compiler there, so no protocol can reach it except through a Host.

declare class TextEncoder {
  encode(text?: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
