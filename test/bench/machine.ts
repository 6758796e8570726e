import { arch, cpus, platform, totalmem } from "node:os";

/** The machine in a few words: what figures must be read with. */
export async function machine(): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const processor = cpus()[0]?.model.replaceAll(/\s+/g, " ").trim() ?? "an unknown processor";
  return `${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}, Node ${process.version}, ${date}`;
}

/** The value below which the given share of all values lies, by rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
