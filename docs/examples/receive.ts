// Takes webhooks of Tidings: verified, once each, answered before the work is done. Node's own modules are enough.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

const secrets = (process.env.WEBHOOK_SECRET ?? "").split(" "); // whsec_…; two of them while one replaces the other
const tolerance = 5 * 60; // seconds by which clocks may differ

/** Whether the webhook was signed with our secret, and lately. */
function isGenuine(request: IncomingMessage, body: Buffer): boolean {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const timestamp = header("webhook-timestamp");
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > tolerance) return false;
  const theirs = header("webhook-signature").split(" ").filter((entry) => entry.startsWith("v1,"));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const ours = createHmac("sha256", key).update(`${header("webhook-id")}.${timestamp}.`).update(body).digest();
    return theirs.some((entry) => {
      const their = Buffer.from(entry.slice(3), "base64");
      return their.length === ours.length && timingSafeEqual(their, ours);
    });
  });
}

const seen = new Set<string>(); // in a real program: a unique column in the database that the work is done in

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    // The signature is over the bytes as they came: they are parsed afterwards.
    const body = Buffer.concat(chunks);
    if (!isGenuine(request, body)) return response.writeHead(401).end();
    const identity = String(request.headers["webhook-id"]);
    response.writeHead(204).end();
    if (seen.has(identity)) return;
    seen.add(identity);
    const event = JSON.parse(body.toString());
    console.log(event.event, event.data.content);
  });
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
