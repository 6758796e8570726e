import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { GroupShareError, reason } from "../shared/errors.ts";

/** One thing a member can be told: by flag, by environment (`GROUPSHARE_` and its name) or in a TOML file. */
export interface Setting {
  /** As in `--name`; `_` stands for `-` in the environment. */
  readonly name: string;
  /** What it takes; absent for a switch. */
  readonly takes?: string;
  readonly help: string;
  /** May be given several times. */
  readonly list?: true;
  /** Can be switched off, with `--no-NAME`. */
  readonly negative?: true;
}

export const SETTINGS: readonly Setting[] = [
  { name: "headless", help: "no browser, no questions; one JSON line on stdout when ready, logs on stderr" },
  { name: "name", takes: "TEXT", help: "display name (as before; at the first start, this computer's)" },
  { name: "group", takes: "TEXT", help: "start a group of this name" },
  {
    name: "invite",
    takes: "TEXT",
    help: 'join with an invite; "-" reads it from stdin, where other users cannot see it',
  },
  { name: "invite-file", takes: "FILE", help: "join with the invite in this file" },
  { name: "join", takes: "HOST[:PORT]", list: true, help: "a further gossip address to try; repeatable" },
  { name: "share", takes: "[NAME=]DIR", list: true, help: "offer this folder for this run; repeatable" },
  { name: "hidden", help: "offer hidden files of the folders given by --share, too" },
  { name: "downloads", takes: "DIR", help: "where downloads are put (~/Downloads/GroupShare)" },
  { name: "data-dir", takes: "DIR", help: "identity, group, catalog and queue (the platform's place for them)" },
  {
    name: "gossip",
    takes: "HOST:PORT",
    help: "UDP and TCP of the gossip (all addresses, of IPv4 and IPv6, port 7946); port 0 for any free one",
  },
  { name: "peer", takes: "HOST:PORT", help: "where other members ask (all addresses, port 7948)" },
  { name: "ui", takes: "HOST:PORT", negative: true, help: "page and API (127.0.0.1:7380)" },
  {
    name: "password-file",
    takes: "FILE",
    help: "the page's password, in the first line; needed where --ui is not this machine alone",
  },
  {
    name: "ui-cert",
    takes: "FILE",
    help: "serve the page by HTTPS with this certificate (PEM); looked at for renewal",
  },
  { name: "ui-key", takes: "FILE", help: "the certificate's private key (PEM)" },
  { name: "ui-name", takes: "HOST", list: true, help: "a further name that people reach the page by; repeatable" },
  {
    name: "advertise",
    takes: "HOST[:PORT]",
    help: "the address others should use; a name is looked up again now and then",
  },
  {
    name: "entries",
    takes: "N",
    help: "files and folders of all members that are kept here at most (2000000); longer lists are not taken",
  },
  { name: "discovery", negative: true, help: "do not announce this member on the network, nor look for others there" },
  {
    name: "gossip-key-file",
    takes: "FILE",
    help: 'join a cluster of others, such as serf, with its keys (base64, one a line, the first sends); "none": in clear',
  },
  { name: "delegate", takes: "serf|none", help: "what the cluster speaks on top of memberlist (serf)" },
  { name: "profile", takes: "lan|wan|memberlist", help: "timers of the gossip (lan)" },
  { name: "open", negative: true, help: "do not open the page in the browser" },
  { name: "config", takes: "FILE", help: "a TOML file with any of these by name; flags and environment win" },
  { name: "log-level", takes: "LEVEL", help: "debug, info, warn, error or silent (info when headless, else warn)" },
];

/** Values by setting name, not checked yet: text, switches, and lists. */
export type Values = Record<string, string | boolean | readonly string[] | undefined>;

/** All that is said about a run: flags win over the environment, that over the configuration file. */
export async function gatherValues(flags: Values, environment: Record<string, string | undefined>): Promise<Values> {
  const surroundings = fromEnvironment(environment);
  const file = flags.config ?? surroundings.config;
  const configured = typeof file === "string" ? await fromFile(file) : {};
  return { ...configured, ...surroundings, ...flags };
}

function fromEnvironment(environment: Record<string, string | undefined>): Values {
  const values: Values = {};
  for (const setting of SETTINGS) {
    const name = `GROUPSHARE_${setting.name.toUpperCase().replaceAll("-", "_")}`;
    const text = environment[name];
    if (text === undefined || text === "") continue;
    values[setting.name] = fromText(setting, text, name);
  }
  return values;
}

function fromText(setting: Setting, text: string, where: string): string | boolean | string[] {
  const off = /^(0|false|no|off)$/i.test(text);
  if (setting.takes !== undefined) return setting.negative && off ? false : setting.list ? [text] : text;
  if (off || /^(1|true|yes|on)$/i.test(text)) return !off;
  throw new GroupShareError("usage", `Cannot use ${where}="${text}": it is a switch`, { hint: "give it 1 or 0" });
}

async function fromFile(path: string): Promise<Values> {
  let table: Record<string, unknown>;
  try {
    table = parse(await readFile(path, "utf8"));
  } catch (thrown) {
    throw new GroupShareError("usage", `Cannot use the configuration file "${path}": ${reason(thrown)}`, {
      hint: "see the example in README.md",
    });
  }
  const values: Values = {};
  for (const [key, value] of Object.entries(table)) {
    const setting = SETTINGS.find(({ name }) => name === key);
    if (setting === undefined || key === "config") throw wrong(path, key, "there is no such setting");
    values[key] = fromToml(setting, value, path);
  }
  return values;
}

function fromToml(setting: Setting, value: unknown, path: string): string | boolean | string[] {
  if (setting.list) {
    const items = Array.isArray(value) ? value : [value];
    if (items.every((item) => typeof item === "string")) return items;
    throw wrong(path, setting.name, "it takes a text or a list of texts");
  }
  if (setting.takes !== undefined && typeof value === "string") return value;
  if (typeof value === "boolean" && (setting.takes === undefined || (setting.negative && !value))) return value;
  throw wrong(path, setting.name, setting.takes === undefined ? "it takes true or false" : "it takes a text");
}

function wrong(path: string, key: string, why: string): GroupShareError {
  return new GroupShareError("usage", `Cannot use "${key}" in "${path}": ${why}`, {
    hint: 'its names are those of the flags; see "groupshare run --help"',
  });
}
