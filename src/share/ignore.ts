/** Whether a path below a share is never offered, whatever its rules say: `withheld`, and what is in it. */
export function ignoresPath(path: string, withheld: string | null): boolean {
  return withheld !== null && (path === withheld || path.startsWith(`${withheld}/`));
}
