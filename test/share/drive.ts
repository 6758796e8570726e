import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Bench } from "./harness.ts";

/** A folder that is a drive, with files that outlast its unmounting; null where this user may not mount. */
export function drive(bench: Bench, at: string, fill: (at: string) => void) {
  const store = bench.path("store");
  mkdirSync(store);
  mkdirSync(at, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "none", store], { stdio: "ignore" });
  } catch {
    return null;
  }
  fill(store);
  const mount = () => execFileSync("mount", ["--bind", store, at]);
  const unmount = () => execFileSync("umount", ["--lazy", at], { stdio: "ignore" });
  const close = () => {
    for (const path of [at, store]) {
      try {
        execFileSync("umount", ["--lazy", path], { stdio: "ignore" });
      } catch {
        // It is unmounted.
      }
    }
  };
  mount();
  return { mount, unmount, close, store };
}
