/** The two groups of local service discovery (BEP 14, protocol): one for each family, with one port. */
import type { Address, AddressFamily } from '@ferro/core';

export const GROUPS: Readonly<Record<AddressFamily, Address>> = {
  4: { ip: '239.192.152.143', port: 6771 },
  6: { ip: 'ff15::efc0:988f', port: 6771 },
};
