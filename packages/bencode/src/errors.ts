/**
 * The one error of this package. It has the form of every Ferro protocol error (name, code, spec) without depending on the
 * package that defines it, and adds where in the input the rule was broken.
 */

/** The input is not bencode, or more than the limits allow. Codes are stable: the README lists them. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
  /** `bencode/what`, in kebab case: `bencode/key-unsorted`. */
  readonly code: string;
  /** Where the rule stands. */
  readonly spec = 'BEP 3, bencoding';
  /** The byte of the input at which it was broken. */
  readonly offset: number;

  constructor(code: string, offset: number) {
    super(`${code} at byte ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}
