import { stat } from "node:fs/promises";
import type { Row } from "./main.ts";

/** Size of the executable and of the bundle. */
export async function size(): Promise<Row[]> {
  const megabytes = async (path: string) => `${((await stat(path)).size / 1e6).toFixed(1)} MB`;
  return [
    {
      what: "executable, linux-x64",
      ours: await megabytes("dist/groupshare"),
      beside: `Node itself ${await megabytes(process.execPath)}`,
    },
    { what: "bundle", ours: await megabytes("dist/groupshare.mjs"), beside: "" },
  ];
}
