import { scenario } from "./scenario.ts";

scenario("a group of members run by Deno from source", ["deno", "deno", "deno", "deno"]);
