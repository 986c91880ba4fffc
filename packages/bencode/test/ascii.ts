/** Bytes as tests write and read them: one character for each byte. */
export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
