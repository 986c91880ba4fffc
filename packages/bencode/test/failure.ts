/** The BencodeError that something throws. Anything else that it does fails the test. */
import { BencodeError } from '../src/index.ts';

export function failure(run: () => unknown): BencodeError {
  try {
    run();
  } catch (error) {
    if (error instanceof BencodeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
