/** Why a disk said no, from what the system reports. */
import type { StorageFault } from '@ferro/core';

/** A refusal of our own, where the system would have gone on. */
export class DiskFault extends Error {
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

const FAULT_OF_CODE: Readonly<Record<string, StorageFault>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ELOOP: 'denied',
  EISDIR: 'denied',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
};

export function faultOf(error: unknown): StorageFault {
  if (error instanceof DiskFault) return error.fault;
  return FAULT_OF_CODE[codeOf(error)] ?? 'io';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
