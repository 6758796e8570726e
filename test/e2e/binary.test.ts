import { scenario } from "./scenario.ts";

scenario("a group in which one member is the executable, one runs on Deno", ["bundle", "deno", "binary", "bundle"]);
