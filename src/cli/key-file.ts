import { readFile } from "node:fs/promises";
import { GroupShareError, reason } from "../shared/errors.ts";
import type { Values } from "./settings.ts";

/** The keys of a cluster of others, as `--gossip-key-file` names them; none for "none"; null where it is not given. */
export async function gossipKeys(values: Values): Promise<Uint8Array[] | null> {
  const file = values["gossip-key-file"];
  if (typeof file !== "string") return null;
  if (typeof values.group !== "string") {
    throw new GroupShareError("usage", "Cannot use --gossip-key-file without --group", {
      hint: "name the cluster: members of GroupShare that name it the same see each other's files",
    });
  }
  if (values.invite !== undefined || values["invite-file"] !== undefined) {
    throw new GroupShareError("usage", "Cannot use --gossip-key-file with an invite", {
      hint: "an invite brings its group's key; a cluster is joined with --join HOST:PORT",
    });
  }
  return file === "none" ? [] : readKeys(file);
}

/** Base64, one a line; empty lines and those that start with `#` are passed over. */
async function readKeys(file: string): Promise<Uint8Array[]> {
  const lines = (await readText(file)).split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => decodeKey(line, file));
  if (keys.length > 0) return keys;
  throw new GroupShareError("usage", `Cannot use --gossip-key-file "${file}": it holds no key`, {
    hint: 'write one there as "serf keygen" makes it, or say "none" to gossip in clear',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    throw new GroupShareError("usage", `Cannot read the gossip keys in "${file}": ${reason(thrown)}`, {
      hint: "write them there in base64, one a line, the one that sends first",
    });
  }
}

function decodeKey(line: string, file: string): Uint8Array {
  const key = Buffer.from(line, "base64");
  const clean = key.toString("base64").replaceAll("=", "") === line.replaceAll("=", "");
  if (clean && [16, 24, 32].includes(key.length)) return new Uint8Array(key);
  throw new GroupShareError("usage", `Cannot use --gossip-key-file "${file}": a line is no key`, {
    hint: "each line is 16, 24 or 32 bytes in base64",
  });
}
