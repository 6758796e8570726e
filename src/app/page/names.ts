import { hostname } from "node:os";

/** Names under which people reach this machine's page, beside IP addresses: those given, and those the machine has. */
export function pageNames(given: readonly string[]): string[] {
  const own = hostname().toLowerCase();
  const short = own.split(".")[0] ?? own;
  return [...new Set([...given, "localhost", own, short, `${short}.local`])].filter((name) => name !== "");
}

/** Whether only this machine reaches what listens at a host. */
export function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(host);
}

/** A host at which this machine reaches what listens at `host`. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return /^[0:]+$/.test(host) ? "::1" : host;
}
