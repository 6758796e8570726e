import { LIMITS } from "./limits.ts";
import { utf8Length } from "./names.ts";

/**
 * The components of an entry's path, or a refusal in words. The one gate for paths that others name:
 * nothing that climbs, nothing empty, nothing longer than a file system takes.
 * "" is the share's own folder and has no components.
 */
export function pathComponents(path: string): string[] | { refused: string } {
  if (path === "") return [];
  if (!path.isWellFormed()) return { refused: "it is not valid Unicode" };
  if (path.includes("\0")) return { refused: "it holds a NUL character" };
  if (utf8Length(path) > LIMITS.path) return { refused: `it is longer than ${LIMITS.path} bytes` };
  const components = path.split("/");
  for (const component of components) {
    if (component === "") return { refused: "it has an empty component" };
    if (component === "." || component === "..") return { refused: `it has a component "${component}"` };
    if (utf8Length(component) > LIMITS.pathComponent) {
      return { refused: `it has a component longer than ${LIMITS.pathComponent} bytes` };
    }
  }
  return components;
}

/**
 * Names of devices, in any folder and with any ending; some systems take a space before the dot, and superscript digits
 * (Microsoft, "Naming Files, Paths, and Namespaces").
 */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?$/i;

/**
 * The name under which one component of an entry's path is written to this disk. On Windows, characters and
 * names that mean something else there are replaced by `_`; elsewhere a component that passed `pathComponents` stays as
 * it is. Two components may become one: whoever writes must find a free name for the second.
 */
export function diskName(component: string, windows: boolean): string {
  if (!windows) return component;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids them
  const name = component.replaceAll(/[<>:"/\\|?*\u0000-\u001f]/g, "_").replace(/[. ]+$/, "_");
  return WINDOWS_DEVICE.test(name) ? headOf(`_${name}`, LIMITS.pathComponent) : name;
}

/**
 * The name of an entry in an archive that is unpacked anywhere: as it is, unless it could lead out of its folder on
 * Windows, where `\` parts components and a drive's letter begins a path.
 */
export function archiveName(components: readonly string[]): string {
  const names = components.map((component) => component.replaceAll("\\", "_"));
  return names.join("/").replace(/^([a-z]):/i, "$1_");
}

/** The longest head of a text that fits into so many bytes of UTF-8, never half a character. */
export function headOf(text: string, bytes: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += utf8Length(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/**
 * What two paths have in common that some disk takes for one: those of Windows and macOS ignore case, that of macOS also how
 * letters with marks are written. To be compared, never to be opened.
 */
export function foldedPath(path: string): string {
  return path.normalize("NFC").toUpperCase().normalize("NFC");
}
