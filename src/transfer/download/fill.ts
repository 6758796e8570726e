import { GroupShareError } from "../../shared/errors.ts";
import { SourceFailure } from "../source-failure.ts";
import type { Source } from "../sources.ts";
import type { PartFile } from "./part-file.ts";
import { refresh } from "./refresh.ts";
import type { FileTask, Run } from "./task.ts";

/** How often in a row a member may fail to give before others, or another time, are tried. */
const STRIKES = 3;
/** Bytes that count as having given: less, and a member could keep a download busy for ever. */
const WORTH = 256 * 1024;
/** Stands for what was on the disk already among those that bytes came from. */
const DISK = "disk";

/** Why a download waits of which the catalog shows no source. */
export const NOBODY = "nobody who has it is here";

/** Who gave the bytes of one try, and who is not to be asked again in it. */
class Givers {
  readonly gave = new Set<string>();
  readonly #strikes = new Map<string, number>();
  #last: string | null = null;

  usable(sources: readonly Source[], task: FileTask): Source | null {
    const usable = sources.filter(
      ({ member }) => !task.blamed.has(member) && (this.#strikes.get(member) ?? 0) < STRIKES,
    );
    const again = task.solo ? usable.find(({ member }) => member === this.#last) : undefined;
    return again ?? usable[0] ?? null;
  }

  took(member: string): void {
    this.gave.add(member);
    this.#last = member;
  }

  failed(member: string, failure: SourceFailure, bytes: number): void {
    const strikes = bytes >= WORTH ? 1 : (this.#strikes.get(member) ?? 0) + 1;
    this.#strikes.set(member, failure.kind === "refused" ? STRIKES : strikes);
  }
}

/**
 * Fetches what a part file lacks, from one source after the other, until it is complete and has the wanted content.
 * Returns null then, or why nobody here can go on.
 */
export async function fill(task: FileTask, part: PartFile, run: Run): Promise<string | null> {
  const givers = new Givers();
  if (part.offset > 0) givers.gave.add(DISK);
  let why = NOBODY;
  for (;;) {
    run.signal.throwIfAborted();
    if (part.offset === task.wanted.size) {
      if (await verified(task, part, run, givers)) return null;
      continue;
    }
    const sources = await run.sources.find(task.wanted);
    const source = givers.usable(sources, task);
    if (source === null) {
      await refresh(task, run, true);
      if (sources.length > 0 && sources.every(({ member }) => task.blamed.has(member))) throw wrongBytes(task, run);
      return why;
    }
    if (task.solo && givers.gave.size > 0 && !givers.gave.has(source.member)) await startOver(task, part, run, givers);
    const before = part.offset;
    try {
      await take(source, task, part, run, givers);
    } catch (thrown) {
      run.signal.throwIfAborted();
      if (!(thrown instanceof SourceFailure)) throw thrown;
      why = `${run.name(source.member)}: ${thrown.message}`;
      givers.failed(source.member, thrown, part.offset - before);
      run.log.debug("a source failed", { file: task.name, source: source.member, why: thrown.message });
      await refresh(task, run, true);
    }
  }
}

async function take(source: Source, task: FileTask, part: PartFile, run: Run, givers: Givers): Promise<void> {
  const range = { start: part.offset, end: task.wanted.size - 1 };
  run.progress.using(source.member, 1);
  try {
    for await (const bytes of run.sources.read(source, task.wanted, range, run.signal)) {
      givers.took(source.member);
      await part.append(bytes);
      run.progress.received(source.member, bytes.length);
      run.progress.count(task, part.offset);
    }
  } finally {
    run.progress.using(source.member, -1);
  }
}

/** Compares a complete part file with what is wanted. What is wrong is thrown away, and its giver blamed if it was one. */
async function verified(task: FileTask, part: PartFile, run: Run, givers: Givers): Promise<boolean> {
  const root = part.root();
  const unknown = task.wanted.root === null;
  if (unknown) await learnRoot(task, run);
  if (task.wanted.root === null || task.wanted.root === root) return true;

  run.counters.add("corrupt");
  const [only, ...more] = givers.gave;
  if (unknown || only === undefined || only === DISK || more.length > 0) task.solo = true;
  else {
    task.blamed.add(only);
    run.log.warn("a member sent wrong bytes", { file: task.name, member: only, name: run.name(only) });
  }
  await startOver(task, part, run, givers);
  return false;
}

/** Its member may have hashed it meanwhile: then the roots must agree. */
async function learnRoot(task: FileTask, run: Run): Promise<void> {
  const entry = await run.catalog.stat(task.wanted.ref);
  if (entry === null || entry.size !== task.wanted.size || entry.mtime !== task.wanted.mtime) return;
  task.wanted = { ...task.wanted, root: entry.root };
}

async function startOver(task: FileTask, part: PartFile, run: Run, givers: Givers): Promise<void> {
  await part.restart();
  givers.gave.clear();
  run.progress.count(task, 0);
}

function wrongBytes(task: FileTask, run: Run): GroupShareError {
  const names = [...task.blamed].map((member) => `"${run.name(member)}"`).join(", ");
  return new GroupShareError(
    "corrupt",
    `Cannot download "${task.name}": what ${names} sent is not the file that was listed, and nobody else here has it`,
    { hint: "resume when another member has it, or ask for the file to be checked there" },
  );
}
