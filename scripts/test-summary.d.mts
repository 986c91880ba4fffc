export function summarize(runnerExit: number, files: readonly string[], print?: (line: string) => void): number;
