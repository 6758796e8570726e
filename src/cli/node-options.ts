import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import {
  DEFAULT_PORTS,
  defaultDataDir,
  defaultDownloadsDir,
  everyHost,
  type ListenAt,
  LOG_LEVELS,
  type LogLevel,
  type NodeOptions,
} from "../app/mod.ts";
import { splitEndpoint } from "../shared/endpoint.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { LIMITS } from "../shared/limits.ts";
import { nameRefusal } from "../shared/names.ts";
import { gossipKeys } from "./key-file.ts";
import type { Values } from "./settings.ts";

/** Checks all values of a run and fills in the defaults. Fails with `usage`, naming the flag. */
export async function toNodeOptions(values: Values): Promise<NodeOptions> {
  const headless = values.headless === true;
  const every = await everyHost();
  return {
    headless,
    name: name(text(values, "name"), "--name"),
    group: name(text(values, "group"), "--group"),
    invite: await invite(text(values, "invite"), text(values, "invite-file")),
    join: list(values, "join"),
    shares: list(values, "share").map(share),
    hidden: values.hidden === true,
    entries: entries(text(values, "entries")),
    downloads: resolve(text(values, "downloads") ?? defaultDownloadsDir()),
    dataDir: dataDir(values),
    gossip: endpoint(values, "gossip", every),
    peer: endpoint(values, "peer", every),
    ui: values.ui === false ? null : endpoint(values, "ui", "127.0.0.1"),
    passwordFile: path(values, "password-file"),
    uiTls: uiTls(path(values, "ui-cert"), path(values, "ui-key")),
    uiNames: list(values, "ui-name").map(uiName),
    advertise: advertised(text(values, "advertise")),
    gossipKeys: await gossipKeys(values),
    delegate: oneOf(text(values, "delegate") ?? "serf", ["serf", "none"] as const, "--delegate"),
    profile: oneOf(text(values, "profile") ?? "lan", ["lan", "wan", "memberlist"] as const, "--profile"),
    discovery: values.discovery !== false,
    logLevel: logLevel(text(values, "log-level"), headless),
  };
}

export function dataDir(values: Values): string {
  return resolve(text(values, "data-dir") ?? defaultDataDir());
}

function text(values: Values, name: string): string | null {
  const value = values[name];
  return typeof value === "string" ? value : null;
}

function path(values: Values, name: string): string | null {
  const value = text(values, name);
  return value === null ? null : resolve(value);
}

function list(values: Values, name: string): readonly string[] {
  const value = values[name];
  return typeof value === "object" ? value : [];
}

function name(value: string | null, flag: string): string | null {
  const given = value?.normalize("NFC") ?? null;
  const refusal = given === null ? null : nameRefusal(given);
  if (refusal === null) return given;
  throw new GroupShareError("usage", `Cannot use ${flag} "${value}": ${refusal}`, { hint: "choose another name" });
}

async function invite(given: string | null, file: string | null): Promise<string | null> {
  if (given !== null && file !== null) {
    throw new GroupShareError("usage", "Cannot use --invite and --invite-file together", { hint: "give one of them" });
  }
  if (given === "-") return readAll(process.stdin);
  if (file === null) return given;
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    throw new GroupShareError("usage", `Cannot read the invite in "${file}": ${reason(thrown)}`, {
      hint: 'write one there with "groupshare invite > FILE" on a member',
    });
  }
}

/** `[NAME=]DIR`: a name before the first `=`, unless what is before it is part of a path. */
function share(value: string): { path: string; name: string | null } {
  const at = value.indexOf("=");
  const before = value.slice(0, Math.max(at, 0));
  if (before === "" || /[/\\]/.test(before)) return { path: resolve(value), name: null };
  return { path: resolve(value.slice(at + 1)), name: name(before, "--share") };
}

function endpoint(values: Values, flag: "gossip" | "peer" | "ui", host: string): ListenAt {
  const value = text(values, flag);
  if (value === null) return { host, port: DEFAULT_PORTS[flag], isDefault: true };
  const read = splitEndpoint(value);
  if (read === null || read.port === null) {
    throw new GroupShareError("usage", `Cannot use --${flag} "${value}": it is not HOST:PORT`, {
      hint: `for example --${flag} ${host}:${DEFAULT_PORTS[flag]}; port 0 is any free one`,
    });
  }
  return { host: read.host, port: read.port, isDefault: false };
}

function advertised(value: string | null): NodeOptions["advertise"] {
  const read = value === null ? null : splitEndpoint(value);
  if (value === null || read !== null) return read;
  throw new GroupShareError("usage", `Cannot use --advertise "${value}": it is not HOST or HOST:PORT`, {
    hint: "for example --advertise 192.168.1.20",
  });
}

function uiTls(cert: string | null, key: string | null): NodeOptions["uiTls"] {
  if (cert !== null && key !== null) return { cert, key };
  if (cert === null && key === null) return null;
  const [there, missing] = cert === null ? ["--ui-key", "--ui-cert"] : ["--ui-cert", "--ui-key"];
  throw new GroupShareError("usage", `Cannot use ${there} without ${missing}`, {
    hint: "name both: the certificate and its private key",
  });
}

function uiName(value: string): string {
  if (splitEndpoint(value) !== null) return value.toLowerCase();
  throw new GroupShareError("usage", `Cannot use --ui-name "${value}": it is not HOST or HOST:PORT`, {
    hint: "name it as it stands in the browser, for example --ui-name nas.example",
  });
}

function logLevel(value: string | null, headless: boolean): LogLevel {
  return oneOf(value ?? (headless ? "info" : "warn"), LOG_LEVELS, "--log-level");
}

function entries(value: string | null): number {
  if (value === null) return LIMITS.entries;
  const count = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (count > 0) return count;
  throw new GroupShareError("usage", `Cannot take --entries "${value}": it is not a whole number above 0`, {
    hint: `leave it out for ${LIMITS.entries}`,
  });
}

function oneOf<T extends string>(value: string, known: readonly T[], flag: string): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new GroupShareError("usage", `Cannot use ${flag} "${value}"`, { hint: `it is one of ${known.join(", ")}` });
}
