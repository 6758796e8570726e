import type { Lifeguard } from "../../src/membership/core/core.ts";
import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import { aiming } from "../bench/target.ts";
import type { Row } from "./figures.ts";
import { LIFEGUARD, paperProfile, type SlowResult, SWIM, slowRun } from "./slow.ts";

const MEMBERS = 128;
const SLOW = [1, 4, 8, 16, 32];
/** How long the slow ones are blocked, and for how long they then are not, in milliseconds: of the paper's grid. */
const RHYTHMS = [
  [8_192, 64],
  [16_384, 1_024],
  [32_768, 16_384],
] as const;
const LASTING = 120_000;

interface Setting {
  readonly name: string;
  readonly profile: Profile;
  readonly lifeguard: Lifeguard;
  /** False positives anywhere and at healthy members as the paper has them, in percent of SWIM's. */
  readonly paper: string;
  /** Of SWIM's false positives anywhere, it should have no larger share than this. */
  readonly most?: number;
}

const PAPER = paperProfile(5, 6);
const SETTINGS: readonly Setting[] = [
  { name: "SWIM", profile: PAPER, lifeguard: SWIM, paper: "100 %, 100 %" },
  { name: "LHA-Probe only", profile: PAPER, lifeguard: { ...SWIM, probe: true }, paper: "67.72 %, 32.88 %" },
  { name: "LHA-Suspicion only", profile: PAPER, lifeguard: { ...SWIM, suspicion: true }, paper: "3.00 %, 6.71 %" },
  { name: "Buddy system only", profile: PAPER, lifeguard: { ...SWIM, buddy: true }, paper: "94.08 %, 44.57 %" },
  {
    name: "Lifeguard, the paper's three parts",
    profile: PAPER,
    lifeguard: { ...LIFEGUARD, lag: false },
    paper: "1.53 %, 1.89 %",
    most: 0.02,
  },
  {
    name: "Lifeguard with our fourth: doubt after silence",
    profile: PAPER,
    lifeguard: LIFEGUARD,
    paper: "not there",
    most: 0.02,
  },
  {
    name: "the same with α 4",
    profile: paperProfile(4, 6),
    lifeguard: LIFEGUARD,
    paper: "5 % of all (α 4 in the post)",
  },
  { name: "as shipped: α 4, β 6, probes every 0.4 s", profile: PROFILES.lan, lifeguard: LIFEGUARD, paper: "not there" },
];

/** False positives with some members slow, in the form of the paper's table (SWIM-WIRE §6.2), and by how many are slow. */
export function lifeguard(): Row[] {
  const results = SETTINGS.map((setting) =>
    SLOW.map((slow) => sum(RHYTHMS.map((rhythm) => run(setting, slow, rhythm)))),
  );
  const totals = results.map(sum);
  const [swim] = totals;
  if (swim === undefined) return [];
  const where = `${MEMBERS} members, α 5, β 6, ${SLOW.join(" + ")} slow`;
  const rows = SETTINGS.map(({ name, paper, most = 1 }, i): Row => {
    const { anywhere, healthy, packets, bytes } = totals[i] ?? swim;
    return {
      what: `false positives, ${where}: ${name}`,
      ours: [
        aiming(
          `${anywhere} (${percent(anywhere, swim.anywhere)})`,
          `at most ${most * 100} % of SWIM's`,
          anywhere <= most * swim.anywhere,
        ),
        `at healthy members ${healthy} (${percent(healthy, swim.healthy)})`,
        `${(packets / 1e6).toFixed(2)} M packets (${percent(packets, swim.packets)})`,
        `${(bytes / 2 ** 30).toFixed(3)} GiB (${percent(bytes, swim.bytes)})`,
      ].join(", "),
      beside: `in the paper ${paper}`,
    };
  });
  const by = SLOW.map((slow, c): Row => {
    const of = (name: string): number => results[SETTINGS.findIndex((one) => one.name === name)]?.[c]?.anywhere ?? 0;
    return {
      what: `false positives with ${slow} slow`,
      ours: `SWIM ${of("SWIM")}, Lifeguard's three ${of(SETTINGS[4]?.name ?? "")}, with the fourth ${of(SETTINGS[5]?.name ?? "")}, as shipped ${of(SETTINGS.at(-1)?.name ?? "")}`,
      beside: `in the paper SWIM ${PAPER_SWIM[c]}, Lifeguard ${PAPER_LIFEGUARD[c]}`,
    };
  });
  return [...rows, ...by];
}

/** Read off the paper's log plot, ±10 %. */
const PAPER_SWIM = ["900", "6 000", "11 000", "34 000", "80 000"];
const PAPER_LIFEGUARD = ["18", "140", "110", "570", "1 200"];

function run({ profile, lifeguard }: Setting, slow: number, [blocked, pause]: readonly [number, number]): SlowResult {
  return slowRun({
    seed: slow + blocked,
    members: MEMBERS,
    slow,
    blocked,
    pause,
    lasting: LASTING,
    profile,
    lifeguard,
  });
}

function sum(results: readonly SlowResult[]): SlowResult {
  const add = (of: (result: SlowResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    anywhere: add(({ anywhere }) => anywhere),
    healthy: add(({ healthy }) => healthy),
    packets: add(({ packets }) => packets),
    bytes: add(({ bytes }) => bytes),
  };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((part / whole) * 100).toFixed(2)} %`;
}
