import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Bench } from "./harness.ts";

/** A folder that is a drive, with files that outlast its unmounting; null where this user may not mount. */
export function drive(bench: Bench, at: string, fill: (at: string) => void) {
  return mounted(bench, at, fill, (store) =>
    execFileSync("mount", ["-t", "tmpfs", "none", store], { stdio: "ignore" }),
  );
}

/** The same, but what is mounted is a folder of the disk that it is mounted on. */
export function binding(bench: Bench, at: string, fill: (at: string) => void) {
  return mounted(bench, at, fill, () => undefined);
}

function mounted(bench: Bench, at: string, fill: (at: string) => void, make: (store: string) => void) {
  const store = bench.path("store");
  mkdirSync(store);
  mkdirSync(at, { recursive: true });
  const mount = () => execFileSync("mount", ["--bind", store, at], { stdio: "ignore" });
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
  try {
    make(store);
    fill(store);
    mount();
  } catch {
    close();
    return null;
  }
  return { mount, unmount, close, store };
}
