import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";

/** What lies beside the share, and in what of it is not offered. */
export const SECRET = "the secret that no way may lead to";
const HTML = "<!doctype html><title>shown</title><script>document.title = 'ran'; fetch('/api/v1/members')</script>";
const SVG =
  "<svg xmlns='http://www.w3.org/2000/svg'><title>shown</title><script>fetch('/api/v1/members')</script></svg>";

/** Names that a page, or a terminal, could take for more than names. All set `pwned`, or open a dialog, if they run. */
export const RUN = [
  "<img src=x onerror=alert(1)>.txt",
  '"><script>globalThis.pwned=1<!--.txt',
  "'><svg onload=globalThis.pwned=1>.txt",
  "' onmouseover=globalThis.pwned=1 autofocus onfocus=globalThis.pwned=1 x='.txt",
  "javascript:globalThis.pwned=1",
  "{{globalThis.pwned=1}} $" + "{globalThis.pwned=1}.txt",
];
export const TERMINAL = [
  "\u001b]0;title\u0007.txt",
  "\u009b2J.txt",
  "\u202etxt.exe",
  "two\nlines\r.txt",
  "\u2066isolated\u061c.txt",
];
export const FOLDER = "<iframe srcdoc=1 onload=globalThis.pwned=1>";
export const SHARE = '"><script>alert(2)<!--';

/** Ana, who shares `Things` with all that attackers think of, and Ben, who looks at it; on loopback addresses of their own. */
export interface Attacked {
  readonly ana: Member;
  readonly ben: Member;
  /** A path in the folder where all this is. */
  folder(...names: string[]): string;
  end(): Promise<void>;
}

export async function attacked(net: number): Promise<Attacked> {
  const root = await temporaryFolder();
  const folder = (...names: string[]) => join(root.path, ...names);
  await mkdir(folder("secret"));
  await writeFile(folder("secret", "file.txt"), SECRET);
  await mkdir(folder("Things", ".git"), { recursive: true });
  await mkdir(folder("Things", FOLDER));
  await writeFile(folder("Things", ".git", "config"), SECRET);
  await writeFile(folder("Things", FOLDER, "inside.txt"), "inside");
  for (const name of [...RUN, ...TERMINAL, "plain.txt"]) await writeFile(folder("Things", name), name);
  await writeFile(folder("Things", "page.html"), HTML);
  await writeFile(folder("Things", "picture.svg"), SVG);
  await symlink("../secret", folder("Things", "way"));
  await symlink("../secret/file.txt", folder("Things", "out.txt"));
  await mkdir(folder("second"));
  const shares = ["--share", folder("Things"), "--share", `${SHARE}=${folder("second")}`];
  const ana = await Member.start("bundle", `127.0.${net}.41`, folder("ana"), [
    "--name",
    "Ana",
    "--group",
    "Friends",
    ...shares,
  ]);
  const invite = (await ana.cli("invite")).trim();
  await writeFile(folder("invite"), invite);
  const joining = ["--name", "Ben", "--invite-file", folder("invite"), "--downloads", folder("downloads")];
  const ben = await Member.start("bundle", `127.0.${net}.42`, folder("ben"), joining);
  await until("Ben sees Ana's files", async () => (await ben.cli("ls", "Ana/Things")).includes("plain.txt"), 30_000);
  return {
    ana,
    ben,
    folder,
    async end() {
      await Promise.all([ana.kill(), ben.kill()]);
      await root.remove();
    },
  };
}
