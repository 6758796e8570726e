import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GroupShareError } from "../../shared/errors.ts";

/**
 * The whole path of a folder out of what somebody typed or pasted: a path, one in quotes, one that begins with `~`,
 * or a `file:` URL as file managers copy it. Fails with "invalid" where it does not begin at the root.
 */
export function typedFolder(typed: string, home: string): string {
  const text = typed.trim().replace(/^(["'])(.*)\1$/s, "$2");
  const path = text === "~" || /^~[/\\]/.test(text) ? join(home, text.slice(1)) : fromUrl(text);
  if (isAbsolute(path)) return path;
  throw new GroupShareError("invalid", `Cannot share "${typed}": it does not say where to begin`, {
    hint: "Give the whole path, such as /home/ana/Pictures",
  });
}

function fromUrl(text: string): string {
  if (!/^file:/i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch (thrown) {
    throw new GroupShareError("invalid", `Cannot share "${text}": it names no folder of this computer`, {
      hint: "Give the whole path, such as /home/ana/Pictures",
      cause: thrown,
    });
  }
}
