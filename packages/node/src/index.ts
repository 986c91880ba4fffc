/** Ferro's host for Node.js: sockets, HTTP, timers, files and disk workers. The only package that imports Node's modules. */
export { type ListedFile, listFiles } from './files.ts';
export { type NodeHost, type NodeHostOptions, nodeHost } from './host.ts';
export { limits } from './limits.ts';
export { startWorkers, type Workers } from './workers.ts';
