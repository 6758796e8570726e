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

const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/**
 * The name under which one component of an entry's path is written to this disk. On Windows, characters and
 * names that mean something else there are replaced; elsewhere a component that passed `pathComponents` stays as it is.
 */
export function diskName(component: string, windows: boolean): string {
  if (!windows) return component;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids them
  const name = component.replaceAll(/[<>:"\\|?*\u0000-\u001f]/g, "_").replace(/[. ]+$/, "_");
  return WINDOWS_DEVICE.test(name) ? `_${name}` : name;
}
