import { GroupShareError } from "../../shared/errors.ts";
import { pathComponents } from "../../shared/paths.ts";

/**
 * A path in the group out of what follows `prefix` in a URL, each component decoded once; "" is the group's own.
 * Fails with "invalid" where it cannot be one.
 */
export function pathOfUrl(url: string, prefix: string): string {
  const { pathname } = new URL(url);
  if (!pathname.startsWith(prefix)) {
    throw new GroupShareError("invalid", `Cannot find "${pathname}": it leads out of "${prefix}"`);
  }
  const encoded = pathname.slice(prefix.length).replace(/\/$/, "");
  let components: string[];
  try {
    components = encoded.split("/").map(decodeURIComponent);
  } catch {
    throw new GroupShareError("invalid", `Cannot find "${encoded}": it is not encoded as UTF-8`);
  }
  if (components.some((component) => component.includes("/"))) {
    throw new GroupShareError("invalid", `Cannot find "${encoded}": a component holds an encoded slash`);
  }
  return checkedPath(components.join("/"));
}

/** A path in the group as given by a person or a script, without slashes at its ends. Fails with "invalid". */
export function checkedPath(text: string): string {
  const path = text.replace(/^\/|\/$/g, "");
  const components = pathComponents(path);
  if ("refused" in components) throw new GroupShareError("invalid", `Cannot find "${path}": ${components.refused}`);
  return path;
}

/** The path as a part of a URL. */
export function urlOfPath(path: string): string {
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}
