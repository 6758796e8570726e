import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import type { Credentials } from "../../src/peer/mod.ts";
import { until } from "../support/until.ts";

const PROGRAM = "/usr/sbin/nginx";

/** nginx with one worker that serves a folder under TLS 1.3 and asks for client certificates, as a member does. */
export async function startNginx(
  folder: string,
  certificate: Credentials,
): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const at = (name: string) => join(folder, name);
  await writeFile(at("nginx.cert"), certificate.cert);
  await writeFile(at("nginx.key"), certificate.key);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${at(`nginx-${name}`)};`)
    .join("\n  ");
  const configuration = `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
worker_processes 1;
pid ${at("nginx.pid")};
error_log ${at("nginx.log")};
events { worker_connections 1024; }
http {
  ${temporary}
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} ssl;
    root ${folder};
    ssl_certificate ${at("nginx.cert")};
    ssl_certificate_key ${at("nginx.key")};
    ssl_protocols TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
    ssl_verify_client optional_no_ca;
  }
}
`;
  await writeFile(at("nginx.conf"), configuration);
  const child = spawn(PROGRAM, ["-p", folder, "-c", at("nginx.conf"), "-e", at("nginx.log")], { stdio: "ignore" });
  await until("nginx listens", () => listens(port));
  return { port, stop: () => ended(child) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Ends a child and waits for it. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once("exit", () => resolve());
    child.kill();
  });
}
