/** A node of ours on 127.0.0.1, with its budgets lifted as the others' are; prints READY. */
import { driveDatagrams } from '@ferro/core';
import { Dht } from '@ferro/dht';
import { nodeHost } from '@ferro/node';

const host = nodeHost();
const dht = new Dht(host, { families: [4], queriesPerSecond: 1e9, answersPerSecond: 1e9 });
driveDatagrams(host, { ip: '127.0.0.1', port: Number(process.argv[2]) }, dht, () => {}, {
  ready: () => console.log('READY'),
});
