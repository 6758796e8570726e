/**
 * A member id as people read it aloud and compare it: the first 16 of its hex digits in groups of four, as in its wire
 * name. Somebody who wants an identity that begins alike has to make 2^64.
 */
export function spokenId(id: string): string {
  return id.slice(0, 16).replaceAll(/(.{4})(?=.)/g, "$1 ");
}
