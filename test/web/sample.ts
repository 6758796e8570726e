import type { DownloadView, ShareView } from "../../src/web/needs.ts";
import type { FakeNeeds } from "./fake.ts";
import type { Sketch } from "./fake-tree.ts";

/** Names that try to break out of the page, to hide what they are, or only to be long. */
export const ODD_NAMES = {
  markup: "<img src=x onerror=document.title='broken'>.txt",
  attribute: '" onmouseover="document.title=1" x=".txt',
  newline: "two\nlines.txt",
  override: "invoice\u202Efdp.exe",
  rtl: "תמונות מהטיול.jpg",
  emoji: "👩‍👩‍👧‍👦 family 🎉.png",
  long: `${"a very long name that goes on and on ".repeat(6)}.txt`,
} as const;

function many(count: number, name: (at: number) => string, size: (at: number) => number): Sketch {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), size(at)]));
}

/** A group as a family has it. */
export function fillSample(needs: FakeNeeds): void {
  needs.addMember(
    "Ana's laptop",
    {
      Pictures: {
        "2024 Norway": many(
          36,
          (at) => `IMG_${2040 + at}.jpg`,
          (at) => 2_400_000 + at * 71_003,
        ),
        "2025 Lisbon": many(
          18,
          (at) => `DSC0${410 + at}.jpg`,
          (at) => 5_100_000 + at * 40_003,
        ),
      },
      Documents: { "taxes.pdf": 184_220 },
    },
    { self: true, rttMs: null, address: "192.168.1.12:7946" },
  );
  needs.addMember(
    "NAS",
    {
      Films: {
        "Big Buck Bunny (2008)": {
          "Big Buck Bunny.mkv": 691_000_000,
          "Big Buck Bunny.srt": 4_210,
          "poster.jpg": 310_400,
        },
        "Sintel (2010)": { "Sintel.mkv": 1_180_000_000, "Sintel.en.srt": 8_012 },
        "Tears of Steel (2012)": { "Tears of Steel.mkv": 738_000_000 },
      },
      Music: {
        "Kai Engel": many(
          9,
          (at) => `0${at + 1} Irsen's Tale.flac`,
          (at) => 31_000_000 + at * 900_000,
        ),
        Mozart: { "Requiem.flac": 212_000_000, "cover.jpg": 91_220 },
      },
      Backup: {
        "2025-01": {},
        "2025-02": {},
        [ODD_NAMES.rtl]: 2_210_044,
        [ODD_NAMES.emoji]: 840_112,
        [ODD_NAMES.markup]: "x",
        [ODD_NAMES.attribute]: "x",
        [ODD_NAMES.newline]: "x",
        [ODD_NAMES.override]: 88_000,
        [ODD_NAMES.long]: 12,
        "archive-both.tar.zst": 18_400_000_000,
        "index.html": "<h1>hello</h1>",
        "notes.md": "# Notes",
        "report both.pdf": 1_204_551,
        "script.ts": "export {};",
        "song.mp3": 7_340_032,
        "table.ods": 44_120,
        "video.mp4": 88_410_221,
        empty: "",
      },
      Logs: many(
        5_000,
        (at) => `log-${String(at).padStart(5, "0")}.txt`,
        (at) => at * 97,
      ),
    },
    { rttMs: 0.8, address: "192.168.1.2:7946" },
  );
  needs.addMember(
    "Ben",
    { Projects: { groupshare: { "README.md": "# x", src: { "main.ts": 8_120 } } } },
    { rttMs: 4.21 },
  );
  needs.addMember("Chloé 🎧", { Music: { "mixtape.mp3": 92_004_110 } }, { state: "suspect", rttMs: 131 });
  needs.addMember("printer-room", {}, { id: null, files: 0, bytes: 0, rttMs: 12, version: "" });
  needs.setDownloads(DOWNLOADS);
  needs.setShares(SHARES);
}

const download = (more: Partial<DownloadView> & { id: string; path: string }): DownloadView => ({
  state: "downloading",
  size: 691_000_000,
  done: 0,
  rate: 0,
  sources: ["NAS"],
  error: null,
  target: `/home/ana/Downloads/GroupShare/${more.path.split("/").at(-1)}`,
  ...more,
});

const DOWNLOADS: DownloadView[] = [
  download({ id: "d1", path: "NAS/Music/Mozart", state: "done", size: 212_091_220, done: 212_091_220, sources: [] }),
  download({
    id: "d2",
    path: "NAS/Films/Sintel (2010)",
    size: 1_180_008_012,
    done: 501_220_000,
    rate: 48_300_000,
    sources: ["NAS", "Ben"],
  }),
  download({
    id: "d3",
    path: "Chloé 🎧/Music/mixtape.mp3",
    state: "waiting",
    size: 92_004_110,
    done: 31_220_000,
    sources: [],
  }),
  download({
    id: "d4",
    path: "NAS/Backup/archive-both.tar.zst",
    state: "failed",
    size: 18_400_000_000,
    done: 7_000_000_000,
    sources: [],
    error: 'Cannot write "archive-both.tar.zst": no space left on the disk',
  }),
];

const share = (more: Partial<ShareView> & { id: string; name: string }): ShareView => ({
  path: `/home/ana/${more.name}`,
  state: "ready",
  files: 54,
  bytes: 238_000_000,
  hashed: 54,
  hashedBytes: 238_000_000,
  remainingMs: null,
  paused: false,
  skipped: 0,
  hidden: false,
  fixed: false,
  error: null,
  ...more,
});

const SHARES: ShareView[] = [
  share({
    id: "s1",
    name: "Pictures",
    state: "hashing",
    files: 12_430,
    hashed: 4_120,
    bytes: 88_400_000_000,
    hashedBytes: 31_200_000_000,
    remainingMs: 724_000,
  }),
  share({ id: "s2", name: "Documents", fixed: true, hidden: true, skipped: 3 }),
  share({ id: "s3", name: "USB stick", path: "/media/ana/STICK", state: "offline", files: 0, bytes: 0, hashed: 0 }),
];
