import { Client } from "../client.ts";
import { dataDir } from "../node-options.ts";
import { openPage } from "../open-page.ts";
import { say, sayJson } from "../print.ts";
import type { Values } from "../settings.ts";

/** Opens the running member's page in the browser. */
export async function open(options: Values): Promise<void> {
  const client = await Client.find(options);
  const { url } = await client.post<{ url: string }>("/api/v1/login-link", {});
  if (options.json) return sayJson({ url });
  if (options.print || !(await openPage(url, dataDir(options)))) say(url);
}
