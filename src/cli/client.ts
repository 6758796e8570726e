import { readFile } from "node:fs/promises";
import { dataDirAt, whoRuns } from "../app/mod.ts";
import { type ErrorCode, GroupShareError, reason } from "../shared/errors.ts";
import { EXIT } from "./exit.ts";
import { dataDir } from "./node-options.ts";
import type { Values } from "./settings.ts";

/** Speaks the local API of a running member. */
export class Client {
  readonly #origin: string;
  readonly #token: string;

  constructor(origin: string, token: string) {
    this.#origin = origin.replace(/\/+$/, "");
    this.#token = token;
  }

  /** Finds the running member by `--api` or by its data directory. Fails with `not-running`. */
  static async find(values: Values): Promise<Client> {
    const directory = dataDir({ "data-dir": values["data-dir"] ?? process.env.GROUPSHARE_DATA_DIR });
    const api = values.api;
    const origin = typeof api === "string" ? api : await runningOrigin(directory);
    return new Client(origin, await readToken(directory));
  }

  get<T>(path: string): Promise<T> {
    return this.#ask("GET", path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask("POST", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#ask("PATCH", path, body);
  }

  delete<T = void>(path: string): Promise<T> {
    return this.#ask("DELETE", path);
  }

  /** All items of a paged list. */
  async *all<T>(path: string): AsyncGenerator<T> {
    let after: string | null = null;
    do {
      const separator = path.includes("?") ? "&" : "?";
      const cursor: string = after === null ? "" : `${separator}after=${encodeURIComponent(after)}`;
      const page: { items: T[]; next: string | null } = await this.get(path + cursor);
      yield* page.items;
      after = page.next;
    } while (after !== null);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.#origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (thrown) {
      const why = thrown instanceof Error && thrown.cause !== undefined ? reason(thrown.cause) : reason(thrown);
      throw new GroupShareError("not-running", `Cannot reach the member at ${this.#origin}: ${why}`, {
        hint: 'start it with "groupshare"',
      });
    }
    if (!response.ok) throw await problem(response);
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
}

async function runningOrigin(directory: string): Promise<string> {
  const running = await whoRuns(directory);
  if (running === null) {
    throw new GroupShareError("not-running", `Cannot find a running member of "${directory}"`, {
      hint: 'start it with "groupshare", or name its --data-dir',
    });
  }
  if (running.ui !== null) return running.ui;
  throw new GroupShareError("not-running", `Cannot ask process ${running.pid}: it runs without page and API`, {
    hint: "start it without --no-ui",
  });
}

async function readToken(directory: string): Promise<string> {
  const given = process.env.GROUPSHARE_API_TOKEN;
  if (given !== undefined && given !== "") return given;
  try {
    return (await readFile(dataDirAt(directory).apiToken, "utf8")).trim();
  } catch (thrown) {
    throw new GroupShareError("denied", `Cannot read the API token: ${reason(thrown)}`, {
      hint: "name the member's --data-dir, as the user it runs as, or set GROUPSHARE_API_TOKEN",
    });
  }
}

async function problem(response: Response): Promise<GroupShareError> {
  const document: unknown = await response.json().catch(() => null);
  const { code, detail, hint } = (document ?? {}) as { code?: string; detail?: string; hint?: string | null };
  const known = code !== undefined && code in EXIT ? (code as ErrorCode) : "internal";
  return new GroupShareError(known, detail ?? `The member answered ${response.status}`, hint ? { hint } : {});
}
