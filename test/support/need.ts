import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/**
 * Why a test cannot run here, where a program that it needs is missing from PATH; false where it can. With
 * GROUPSHARE_TEST_REQUIRE=all nothing is skipped: the test runs, and fails.
 */
export function lacks(program: string): string | false {
  if (process.env.GROUPSHARE_TEST_REQUIRE === "all") return false;
  const places = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":");
  return places.some((place) => runs(join(place, program))) ? false : `there is no ${program} here`;
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
