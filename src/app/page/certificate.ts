import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { GroupShareError, reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";

/** How often the files are looked at for a renewed certificate, in milliseconds. Two calls of stat. */
const LOOK_MS = 5_000;

/** Certificate chain and key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The certificate of the page, from files of its person, who renews them there. */
export class PageCertificate {
  readonly #paths: TlsFiles;
  readonly #log: Log;
  #now: TlsFiles;
  #version: string;
  #x509: X509Certificate;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  private constructor(paths: TlsFiles, log: Log, read: TlsFiles, x509: X509Certificate, version: string) {
    this.#paths = paths;
    this.#log = log;
    this.#now = read;
    this.#x509 = x509;
    this.#version = version;
  }

  /** Reads both files. Fails with `usage` where they are missing, unreadable, do not fit each other, or are out of date. */
  static async open(paths: TlsFiles, log: Log): Promise<PageCertificate> {
    const version = await versionOf(paths);
    const { files, x509 } = await readFiles(paths);
    return new PageCertificate(paths, log, files, x509, version);
  }

  get files(): TlsFiles {
    return this.#now;
  }

  /** The first of the hosts that the certificate is made for; undefined where it is for none of them. */
  names(hosts: readonly string[]): string | undefined {
    return hosts.find(
      (host) => (isIP(host) === 0 ? this.#x509.checkHost(host) : this.#x509.checkIP(host)) !== undefined,
    );
  }

  /** Takes up renewed files from now on. Those that cannot be used are told, and the old ones go on. */
  watch(renewed: (files: TlsFiles) => void, everyMs = LOOK_MS): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look(renewed));
    }, everyMs);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(renewed: (files: TlsFiles) => void): Promise<void> {
    const version = await versionOf(this.#paths);
    if (version === this.#version) return;
    this.#version = version;
    try {
      const { files, x509 } = await readFiles(this.#paths);
      renewed(files);
      this.#now = files;
      this.#x509 = x509;
      this.#log.info("The page has a renewed certificate", { until: x509.validToDate.toISOString() });
    } catch (thrown) {
      // One of the two may be written a moment later: then this is looked at again.
      this.#log.warn("The page goes on with its old certificate", { why: reason(thrown) });
    }
  }
}

/** Changes when one of the files is written or replaced. */
async function versionOf({ cert, key }: TlsFiles): Promise<string> {
  const versions = [cert, key].map(async (path) => {
    const found = await stat(path).catch(() => null);
    return found === null ? "none" : `${found.ino} ${found.size} ${found.mtimeMs}`;
  });
  return (await Promise.all(versions)).join(" ");
}

async function readFiles(paths: TlsFiles): Promise<{ files: TlsFiles; x509: X509Certificate }> {
  const [cert, key] = await Promise.all([readPem("--ui-cert", paths.cert), readPem("--ui-key", paths.key)]);
  const x509 = parsed("--ui-cert", paths.cert, "it holds no certificate in PEM", () => new X509Certificate(cert));
  const own: KeyObject = parsed("--ui-key", paths.key, "it holds no private key in PEM without a passphrase", () =>
    createPrivateKey(key),
  );
  if (!x509.checkPrivateKey(own)) {
    throw refused(
      "--ui-key",
      paths.key,
      `it is not the key of the certificate in "${paths.cert}"`,
      "name those made together",
    );
  }
  if (x509.validToDate.getTime() < Date.now()) {
    const day = x509.validToDate.toISOString().slice(0, 10);
    throw refused("--ui-cert", paths.cert, `the certificate expired on ${day}`, "renew it");
  }
  return { files: { cert, key }, x509 };
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw refused(flag, path, reason(thrown), "name a file in PEM that this user may read");
  }
}

function parsed<T>(flag: string, path: string, why: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    // What the library says may quote the file.
    throw refused(flag, path, why, "name a file in PEM, the server's certificate first");
  }
}

function refused(flag: string, path: string, why: string, hint: string): GroupShareError {
  return new GroupShareError("usage", `Cannot use ${flag} "${path}": ${why}`, { hint });
}
