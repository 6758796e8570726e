import { scenario } from "./scenario.ts";

scenario("a group of members run from the bundle", ["bundle", "bundle", "bundle", "bundle"]);
