import { Command, type CommanderError, Option } from "commander";
import { GroupShareError } from "../shared/errors.ts";
import { VERSION } from "../shared/version.ts";
import { find } from "./commands/find.ts";
import { downloads, get } from "./commands/get.ts";
import { invite, join, leave, remove, rotate, showGroup } from "./commands/group.ts";
import { changeKeyring, showKeyring } from "./commands/keyring.ts";
import { ls } from "./commands/ls.ts";
import { members } from "./commands/members.ts";
import { nearby } from "./commands/nearby.ts";
import { open } from "./commands/open.ts";
import { run } from "./commands/run.ts";
import { addShare, changeHashing, listShares, removeShare } from "./commands/share.ts";
import { status } from "./commands/status.ts";
import { say, sayJson } from "./print.ts";
import { SETTINGS, type Values } from "./settings.ts";

/** The whole command line: `run` where no command is named, and what talks to a running member. */
export function buildProgram(): Command {
  const program = new Command("groupshare")
    .description("A group of people, or servers, on one network share folders without any server.")
    .usage("[run] [flags] | COMMAND")
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Begin:   groupshare --name Ana --group Friends --share ~/Pictures
Join:    groupshare --name Bob --invite groupshare:...
Flags of a start: groupshare run --help`,
    )
    .version(VERSION, "--version", "print the version")
    .helpCommand(true);

  const running = program
    .command("run", { isDefault: true })
    .description("start a member with its page (when no command is named)");
  for (const option of settingOptions()) running.addOption(option);
  running
    .usage("[flags]")
    .argument("[command]")
    .action((command: string | undefined, options: Values) => {
      if (command !== undefined) throw unknownCommand(command, program);
      return run(byName(options));
    });

  client(program.command("members").description("who is in the group"))
    .option("--all", "those gone too")
    .action(act(members));
  client(
    program
      .command("ls")
      .argument("[path]", "MEMBER/SHARE/folder; all members where left out")
      .description("list members, shares, folders"),
  )
    .option("-R, --recursive", "everything below")
    .action(act(ls));
  client(
    program
      .command("find")
      .argument("<query...>", "words of names and paths")
      .description("search all that is offered"),
  )
    .option("--kind <kind>", "file or folder")
    .option("--type <types>", "image, video, audio, document, archive; several with commas")
    .option("--min <size>", "files of this size or more, such as 20MB")
    .option("--max <size>", "files of this size or less")
    .option("--from <date>", "changed on this day or later, such as 2026-01-31")
    .option("--to <date>", "changed before this day")
    .option("--member <member>", "of this member only")
    .option("--lacking", "only what this member's shares do not hold")
    .option("--limit <count>", "how many to show (100)")
    .addHelpText("after", '\nThe exit code is 0 also where nothing is found: "total" of --json says how many are.')
    .action(act(find));
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
      .argument("[action]", "pause, resume, cancel or clear")
      .argument("[id]", "as listed; clear without takes all that have ended off the list, and leaves their files")
      .description("list or steer downloads"),
  ).action(act(downloads));
  client(program.command("invite").description("print an invite into the group"))
    .option("--qr", "as a QR code, too")
    .action(act(invite));
  client(
    program.command("join").argument("<invite>", '"-" reads it from stdin').description("join a group with an invite"),
  ).action(act(join));
  client(program.command("leave").description("say goodbye and forget the group; identity, shares and downloads stay"))
    .addHelpText("after", '\nWho leaves can come back with an invite. To keep somebody out: "groupshare group remove".')
    .action(act(leave));
  const share = program
    .command("share")
    .description("add, remove or list this member's shares; pause or resume their hashing");
  client(share.command("add").argument("<dir>").description("share a folder from now on"))
    .option("--name <text>", "its name (the folder's)")
    .option("--hidden", "offer hidden files, too")
    .option("--no-hidden", "leave hidden files out (as at first)")
    .action(act(addShare));
  client(share.command("rm").argument("<name>", "name or id").description("stop sharing")).action(act(removeShare));
  client(share.command("pause").description("let the hashing of all shares rest")).action(act(changeHashing("pause")));
  client(share.command("resume").description("go on with it")).action(act(changeHashing("resume")));
  client(share.command("ls", { isDefault: true }).description("list the shares")).action(act(listShares));
  client(program.command("nearby").description("groups that announce themselves on this network")).action(act(nearby));
  group(program);
  keyring(program);
  client(program.command("status").description("how this member is doing"))
    .option("--counters", "what it has done since its start, too")
    .action(act(status));
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

function group(program: Command): void {
  const command = program.command("group").description("the group's secret, who is known in it, and who was removed");
  client(command.command("show", { isDefault: true }).description("print all three")).action(act(showGroup));
  client(
    command.command("rotate").description("give the group a new secret: all members get it, old invites end"),
  ).action(act(rotate));
  client(
    command
      .command("remove")
      .argument("<member>", "name, wire name or id; it need not be here")
      .description("take a member out for good, and give the group a new secret without it"),
  ).action(act(remove));
}

function keyring(program: Command): void {
  const command = program.command("keyring").description("the keys of the gossip, as `serf agent -encrypt` takes them");
  client(command.command("show", { isDefault: true }).description("print the primary key; all with --json")).action(
    act(showKeyring),
  );
  for (const [name, action, help] of [
    ["add", "add", "take a further key to read with"],
    ["use", "use", "send with this key from now on"],
    ["rm", "remove", "forget a key, not the primary"],
  ] as const) {
    const below = command
      .command(name)
      .argument("<key>", "base64")
      .description(`${help}; for this member alone, until the group has a new secret`);
    client(below).action(act(changeKeyring(action)));
  }
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
    throw usage(error.message.replace(/^error: /, "").replaceAll("'", '"'), nameOf(command));
  });
  for (const below of command.commands) strict(below);
}

/** `groupshare share add` */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function usage(what: string, command = "groupshare"): GroupShareError {
  return new GroupShareError("usage", what, { hint: `see "${command} --help"` });
}

/** An unknown command, and the known one that begins or sounds most like it. */
function unknownCommand(word: string, program: Command): GroupShareError {
  const names = program.commands.map((command) => command.name());
  const near = names.find((name) => name.startsWith(word.slice(0, 3)) || name === word.replace(/s$/, ""));
  const what = near === undefined ? `unknown command "${word}"` : `unknown command "${word}" (did you mean ${near}?)`;
  return usage(what);
}
