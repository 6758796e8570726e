/** Makes dist/groupshare, this machine's executable: Node and the program in one file, by pkg. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const NODE = "26.10.0";
const target = `${process.platform}-${process.arch}`;
/** pkg keeps its downloads below the home directory; this one is ours alone and goes with dist/. */
const home = resolve("dist/.pkg-home");

/** pkg fetches Node from the network unless its cache has it; the same Node out of npm's package is put there. */
function seedCache(): void {
  const from = `node_modules/node-${target}/bin/node`;
  if (process.platform !== "linux" || !existsSync(from)) {
    throw new Error(
      `Cannot build for ${target}: npm's package of Node ${NODE} for it is not installed; run "npm ci" first`,
    );
  }
  const release = join(home, ".pkg-cache", "sea", `node-v${NODE}-${target}`);
  const program = join(release, "bin", "node");
  mkdirSync(dirname(program), { recursive: true });
  copyFileSync(from, program);
  for (const file of [`${release}.tar.gz`, `${release}.tar.gz.ok`, `${program}.ok`]) writeFileSync(file, "");
}

seedCache();
const output = resolve("dist/groupshare");
rmSync(output, { force: true });
const pkg = [
  "node_modules/@yao-pkg/pkg/lib-es5/bin.js",
  "--sea",
  "-t",
  `node${NODE}-${target}`,
  "-o",
  output,
  "dist/groupshare.cjs",
];
execFileSync(process.execPath, pkg, { stdio: "inherit", env: { ...process.env, HOME: home } });
