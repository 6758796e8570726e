import pino, { type Logger, stdTimeFunctions } from "pino";
import type { Log } from "../shared/log.ts";
import { escapeOdd } from "../shared/odd-characters.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log on stderr: JSON lines, or lines for a person where it is a terminal. */
export function openLog(level: LogLevel): Log {
  const lines = process.stderr.isTTY ? personLines() : jsonLines();
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    lines,
  );
  return {
    debug: (message, fields) => write(logger, "debug", message, fields),
    info: (message, fields) => write(logger, "info", message, fields),
    warn: (message, fields) => write(logger, "warn", message, fields),
    error: (message, fields) => write(logger, "error", message, fields),
  };
}

function write(logger: Logger, level: "debug" | "info" | "warn" | "error", message: string, fields = {}): void {
  logger[level](fields, message);
}

/** `12:30:01 warn  message  key=value`, without what a terminal would take for commands. */
function personLines(): { write(line: string): void } {
  return {
    write(line) {
      const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const more = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
      const text = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${[msg, ...more].join("  ")}`;
      process.stderr.write(`${escapeOdd(text)}\n`);
    },
  };
}

/** What comes, which is JSON already, so that it may be looked at in a terminal later. */
function jsonLines(): { write(line: string): void } {
  return { write: (line) => void process.stderr.write(`${escapeOdd(line.trimEnd())}\n`) };
}
