/**
 * The two kinds of failure that are not outcomes: the remote side broke a rule (ProtocolError), or we did (assert).
 * Local misuse of an API is a TypeError or RangeError and has no class of its own.
 */

/** The remote side, or a file, broke a rule of a specification. Codes are stable: tests and tools may rely on them. */
export class ProtocolError extends Error {
  /** `package/what`, in kebab case: `wire/message-too-long`. */
  readonly code: string;
  /** Where the rule stands: `BEP 3, peer messages`. */
  readonly spec: string;

  constructor(code: string, spec: string, message: string) {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
    this.spec = spec;
  }
}

/** For what can only be false if Ferro itself is wrong. No remote byte may ever reach a failing assertion. */
export function assert(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${broken}`);
}
