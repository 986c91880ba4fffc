/** The parts of the ferro command that other programs may want. */
export { formatBytes, formatTime, parseBytes } from './units.ts';
