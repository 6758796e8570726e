import { Command, type CommanderError, Option } from "commander";
import { GroupShareError } from "../shared/errors.ts";
import { VERSION } from "../shared/version.ts";
import { downloads, get } from "./commands/get.ts";
import { invite, join, leave } from "./commands/group.ts";
import { ls } from "./commands/ls.ts";
import { members } from "./commands/members.ts";
import { open } from "./commands/open.ts";
import { run } from "./commands/run.ts";
import { addShare, listShares, removeShare } from "./commands/share.ts";
import { status } from "./commands/status.ts";
import { say, sayJson } from "./print.ts";
import { SETTINGS, type Values } from "./settings.ts";

/** The whole command line: `run` where no command is named, and what talks to a running member. */
export function buildProgram(): Command {
  const program = new Command("groupshare")
    .description("A group of people, or servers, on one network share folders without any server.")
    .usage("[run] [flags] | COMMAND")
    .enablePositionalOptions()
    .version(VERSION, "--version", "print the version")
    .helpCommand(true);

  const running = program
    .command("run", { isDefault: true })
    .description("start a member with its page (when no command is named)");
  for (const option of settingOptions()) running.addOption(option);
  running.argument("[command]").action((command: string | undefined, options: Values) => {
    if (command !== undefined) throw usage(`unknown command "${command}"`);
    return run(byName(options));
  });

  client(program.command("members").description("who is in the group"))
    .option("--all", "those gone too")
    .action(act(members));
  client(
    program.command("ls").argument("[path]", "MEMBER/SHARE/folder", "").description("list members, shares, folders"),
  )
    .option("-R, --recursive", "everything below")
    .action(act(ls));
  client(
    program
      .command("get")
      .argument("<path...>", "MEMBER/SHARE/file or folder")
      .description("download files and folders"),
  )
    .option("-o, --output <dir>", "put them here instead of in the downloads folder")
    .option("--wait", "return when they are here")
    .action(act(get));
  client(
    program
      .command("downloads")
      .argument("[action]", "pause, resume or cancel")
      .argument("[id]")
      .description("list or steer downloads"),
  ).action(act(downloads));
  client(program.command("invite").description("print an invite into the group")).action(act(invite));
  client(
    program.command("join").argument("<invite>", '"-" reads it from stdin').description("join a group with an invite"),
  ).action(act(join));
  client(
    program.command("leave").description("say goodbye and forget the group; identity, shares and downloads stay"),
  ).action(act(leave));
  const share = program.command("share").description("add, remove or list this member's shares");
  client(share.command("add").argument("<dir>").description("share a folder from now on"))
    .option("--name <text>", "its name (the folder's)")
    .action(act(addShare));
  client(share.command("rm").argument("<name>", "name or id").description("stop sharing")).action(act(removeShare));
  client(share.command("ls", { isDefault: true }).description("list the shares")).action(act(listShares));
  client(program.command("status").description("how this member is doing")).action(act(status));
  client(program.command("open").description("open the running member's page in the browser"))
    .option("--print", "only print the link, which opens the page once")
    .action(act(open));
  program
    .command("version")
    .description("print the version")
    .option("--json", "as JSON")
    .action(({ json }: { json?: true }) => (json ? sayJson({ version: VERSION }) : say(VERSION)));

  strict(program);
  return program;
}

/** The flags of `run`, out of the one table that environment and configuration file read too. */
function settingOptions(): Option[] {
  return SETTINGS.flatMap(({ name, takes, help, list, negative }) => {
    const options: Option[] = [];
    if (takes !== undefined || !negative) {
      const option = new Option(`--${name}${takes === undefined ? "" : ` <${takes}>`}`, help);
      if (list) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
      options.push(option);
    }
    if (negative)
      options.push(new Option(`--no-${name}`, takes === undefined ? help : `without ${help.split(" (")[0]}`));
    return options;
  });
}

/** Commander's camelCase names back to those of the flags; a switch that it sets to true by itself is left out. */
function byName(options: Values): Values {
  const values: Values = {};
  for (const [key, value] of Object.entries(options)) {
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const negative = SETTINGS.some((setting) => setting.name === name && setting.negative);
    if (!(negative && value === true)) values[name] = value;
  }
  return values;
}

/** An action whose last argument is its options, by the names of their flags. */
function act<A extends unknown[]>(action: (...args: [...A, Values]) => Promise<void>) {
  return (...args: [...A, Values, Command]): Promise<void> => {
    const options = args[args.length - 2] as Values;
    return action(...(args.slice(0, -2) as A), byName(options));
  };
}

function client(command: Command): Command {
  return command
    .option("--data-dir <dir>", "the running member's data directory")
    .option("--api <url>", "the running member's page, such as http://127.0.0.1:7380")
    .option("--json", "as JSON, for scripts");
}

/** Errors of usage are thrown like all others, on one line, and excess arguments are one. */
function strict(command: Command): void {
  command.allowExcessArguments(false).configureOutput({ writeErr: () => undefined });
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) process.exit(0);
    throw usage(error.message.replace(/^error: /, "").replaceAll("'", '"'), command.name());
  });
  for (const below of command.commands) strict(below);
}

function usage(what: string, command = "run"): GroupShareError {
  const name = command === "groupshare" ? "groupshare" : `groupshare ${command}`;
  return new GroupShareError("usage", what, { hint: `see "${name} --help"` });
}
