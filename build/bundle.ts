/** Makes dist/groupshare.mjs: the whole program in one file, with its workers' code and its page's assets inside. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { LIBRARY_ASSETS } from "../src/platform/library-assets.ts";
import { WORKER_FILES } from "../src/platform/worker-names.ts";

const common = {
  bundle: true,
  platform: "node",
  target: "node26",
  minify: true,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

/**
 * Code without a character beyond ASCII, of which esbuild leaves those in regular expressions: a text with any of them
 * takes two bytes for each character, in the program and in each of its workers, for as long as they run.
 */
const ascii = (code: string): string =>
  code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A worker as the text of one CommonJS script: what `new Worker(code, { eval: true })` runs on every runtime. */
async function workerCode(entry: string): Promise<string> {
  const result = await build({ ...common, entryPoints: [`src/${entry}`], format: "cjs", write: false });
  return ascii(result.outputFiles[0]?.text ?? "");
}

const workers: Record<string, string> = {};
for (const [name, entry] of Object.entries(WORKER_FILES)) workers[name] = await workerCode(entry);

const workerModule = (): string =>
  `import { Worker } from "node:worker_threads";
const code = ${JSON.stringify(workers)};
export const spawnWorker = (name) => new Worker(code[name], { eval: true, execArgv: [] });`;

async function assetModule(): Promise<string> {
  const files = new Map(Object.entries(LIBRARY_ASSETS));
  for (const name of await readdir("static")) files.set(name, `static/${name}`);
  const bodies: Record<string, string> = {};
  for (const [name, file] of files) bodies[name] = (await readFile(file)).toString("base64");
  return `const bodies = new Map(Object.entries(${JSON.stringify(bodies)}));
export const readAsset = async (name) => (bodies.has(name) ? Buffer.from(bodies.get(name), "base64") : null);`;
}

/** Puts modules made here in the place of those that read the source tree. */
const embedded: Plugin = {
  name: "embedded",
  setup(plugins) {
    plugins.onLoad({ filter: /platform\/worker-files\.ts$/ }, () => ({
      contents: workerModule(),
      loader: "js",
    }));
    plugins.onLoad({ filter: /platform\/asset-files\.ts$/ }, async () => ({
      contents: await assetModule(),
      loader: "js",
    }));
  },
};

/**
 * What runs before all else. An older Node would stay up half broken. And V8 14.6, in Node 26, computes wrong in long
 * synchronous loops over a counter that an inner function also changes, when Maglev takes them over while they run (seen
 * in a decoder, in most runs; not in Deno's V8). It must be switched off before there is anything to compile. And the
 * nurseries of new objects grow to some 50 MB in the program and in each of its workers, and stay so large for as long
 * as a little happens. The program's was made before this could tell its size, but does not grow any more; those of the
 * workers begin at 2 MB and keep to it. That costs a large share a few percent more time, and saves it 50 MB and more.
 */
const first = `if (!("Deno" in globalThis)) {
  if (Number(process.versions.node.split(".")[0]) < 26) {
    console.error("groupshare: this needs Node 26 or later, and is Node " + process.versions.node + '; run it with "$(build/node)", or make the executable with "make binary"');
    process.exit(2);
  }
  const v8 = process.getBuiltinModule("node:v8");
  v8.setFlagsFromString("--no-maglev-osr");
  v8.setFlagsFromString("--min-semi-space-size=2");
  v8.setFlagsFromString("--semi-space-growth-factor=1");
}`;

// Packages written as CommonJS find in an ES module what they expect around them.
const require = `import { createRequire as $createRequire } from "node:module";
import { fileURLToPath as $fileURLToPath } from "node:url";
import { dirname as $dirname } from "node:path";
const require = $createRequire(import.meta.url);
const __filename = $fileURLToPath(import.meta.url);
const __dirname = $dirname(__filename);
${first}`;

async function program(outfile: string, how: BuildOptions): Promise<void> {
  const entryPoints = ["src/cli/main.ts"];
  const result = await build({ ...common, ...how, entryPoints, plugins: [embedded], write: false });
  await writeFile(outfile, ascii(result.outputFiles?.[0]?.text ?? ""));
}

await mkdir("dist/workers", { recursive: true });
// For tests: test/support/worker.ts.
for (const [name, code] of Object.entries(workers)) await writeFile(`dist/workers/${name}.cjs`, code);
await program("dist/groupshare.mjs", { format: "esm", banner: { js: require } });
// The executable's loader takes CommonJS.
await program("dist/groupshare.cjs", {
  format: "cjs",
  banner: { js: `${first}\nconst $url = require("node:url").pathToFileURL(__filename).href;` },
  define: { "import.meta.url": "$url" },
});
