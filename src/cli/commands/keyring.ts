import type { KeyringView } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { say, sayJson } from "../print.ts";
import type { Values } from "../settings.ts";

const PATH = "/api/v1/keyring";

/** Prints the primary gossip key as `serf agent -encrypt` takes it; all keys with `--json`. */
export async function showKeyring(options: Values): Promise<void> {
  const client = await Client.find(options);
  const keyring = await client.get<KeyringView>(PATH);
  if (options.json) return sayJson(keyring);
  if (keyring.primary === null) {
    throw new GroupShareError("conflict", "Cannot print the gossip key: this member gossips in clear", {
      hint: "start it with --gossip-key-file FILE",
    });
  }
  say(keyring.primary);
}

/** `add`, `use` or `remove`: changes the keys of this member alone, at once. */
export function changeKeyring(action: "add" | "use" | "remove") {
  return async (key: string, options: Values): Promise<void> => {
    const client = await Client.find(options);
    const keyring = await client.post<KeyringView>(PATH, { action, key });
    if (options.json) sayJson(keyring);
    else for (const [at, known] of keyring.keys.entries()) say(at === 0 ? `${known}  primary` : known);
  };
}
