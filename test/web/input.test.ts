import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { GroupShareError } from "../../src/shared/errors.ts";
import { checked } from "../../src/web/api/input.ts";
import { typedFolder } from "../../src/web/pages/typed-folder.ts";
import { form, site } from "./site.ts";

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof GroupShareError);
    assert.equal(thrown.code, "invalid");
    return thrown.message;
  }
  return "accepted";
};

test("what is wrong with a request is told in plain words", () => {
  const schema = z.object({
    name: z.string().min(1).max(3).default("a"),
    list: z.array(z.string().min(1)).min(1).max(2).default(["a"]),
    limit: z.coerce.number().int().min(1).max(5).default(1),
    action: z.enum(["pause", "resume"]).default("pause"),
    which: z.string(),
  });
  const cases: [Record<string, unknown>, string][] = [
    [{ name: "" }, '"name" is empty'],
    [{ name: "long" }, '"name" is longer than 3 characters'],
    [{ name: 7 }, '"name" is not text'],
    [{ list: [] }, '"list" is empty'],
    [{ list: [""] }, '"list.0" is empty'],
    [{ list: ["a", "b", "c"] }, '"list" is longer than 2 entries'],
    [{ list: "a" }, '"list" is not a list'],
    [{ limit: "0" }, '"limit" is less than 1'],
    [{ limit: "6" }, '"limit" is more than 5'],
    [{ limit: "x" }, '"limit" is not a number'],
    [{ limit: "1.5" }, '"limit" is not a whole number'],
    [{ action: "stop" }, '"action" is not one of pause, resume'],
    [{ which: undefined }, '"which" is missing'],
  ];
  for (const [value, words] of cases) {
    assert.equal(
      messageOf(() => checked(schema, { which: "this", ...value }, "the request")),
      `Cannot read the request: ${words}`,
    );
  }
  assert.equal(
    messageOf(() => checked(schema, [], "the request")),
    "Cannot read the request: it is not an object",
  );
});

test("a form that lacks something says what to do", async () => {
  const { ask } = await site().browser();
  const words = async (path: string, field: string, value: string) =>
    await (await ask(path, form([[field, value]]))).text();
  assert.match(await words("/act/start", "name", "  "), /Give the group a name/);
  assert.match(await words("/act/start", "name", "x".repeat(5_000)), /The name is longer than \d+ characters/);
  assert.match(await words("/act/shares", "path", ""), /Type the path of a folder/);
  assert.match(await words("/act/shares", "path", "Pictures"), /Give the whole path, such as/);
  assert.match(await words("/act/join", "other", ""), /Paste the invite/);
});

test("a folder is understood however its path was typed or pasted", () => {
  const cases: [string, string][] = [
    ["/srv/music", "/srv/music"],
    [" /srv/music ", "/srv/music"],
    ["~", "/home/ana"],
    ["~/Pictures", "/home/ana/Pictures"],
    ["'/srv/my music'", "/srv/my music"],
    ['"~/my music"', "/home/ana/my music"],
    ["file:///home/ana/My%20Pictures", "/home/ana/My Pictures"],
    ["/srv/it's", "/srv/it's"],
  ];
  for (const [typed, path] of cases) assert.equal(typedFolder(typed, "/home/ana"), path, typed);
  for (const typed of ["music", "./music", "../music", "~ben/music", "file://nas/music", "file:music%2f", ""]) {
    assert.match(
      messageOf(() => typedFolder(typed, "/home/ana")),
      /^Cannot share /,
      typed,
    );
  }
});

test("a form of more fields than any page sends is refused before it is taken apart", async () => {
  const fields = Array.from({ length: 20_000 }, (): [string, string] => ["path", "a"]);
  const { ask } = await site().browser();
  assert.equal((await ask("/act/get", form(fields))).status, 413);
});
