import { failure } from "./exit.ts";
import { buildProgram } from "./program.ts";

/** Runs one command line; the process ends with its exit code. */
async function main(): Promise<void> {
  // A reader that ends early, such as `head`, is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await buildProgram().parseAsync(process.argv);
  } catch (thrown) {
    const { line, code } = failure(thrown);
    process.stderr.write(`${line}\n`);
    process.exitCode = code;
  }
  // What was said must be out first: a pipe takes it only as fast as it is read.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((out) => stream.write("", out))));
  process.exit();
}

void main();
