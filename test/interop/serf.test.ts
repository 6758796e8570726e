import { lacks } from "../support/need.ts";
import { helping } from "./helping.ts";
import { keys } from "./keys.ts";
import { large } from "./large.ts";
import { killed, life, refusal } from "./life.ts";
import { mixed } from "./mixed.ts";
import { steady } from "./steady.ts";
import { together, withoutAndWithKey } from "./together.ts";

together("beside a real Serf alone,", withoutAndWithKey(killed), lacks("serf"));

together(
  "beside real Serfs,",
  { ...withoutAndWithKey({ ...steady, ...life, ...helping, ...large, ...mixed }), ...refusal, ...keys },
  lacks("serf"),
);
