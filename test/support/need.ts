import { accessSync, constants } from "node:fs";

/**
 * Why a test cannot run here, where a program that it needs is missing; false where it can. With
 * GROUPSHARE_TEST_REQUIRE=all nothing is skipped: the test runs, and fails.
 */
export function lacks(program: string): string | false {
  if (process.env.GROUPSHARE_TEST_REQUIRE === "all") return false;
  try {
    accessSync(program, constants.X_OK);
    return false;
  } catch {
    return `${program} is not installed`;
  }
}
