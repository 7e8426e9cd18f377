// The page of the simulator: a customer's phone on the left, what vendor and gateway saw on the right. It knows nothing
// that the control API does not say, and asks for nothing else.

import { bubble, element } from "/bubble.js";

const MOST_ENTRIES = 300;
const find = (id) => document.getElementById(id);
const people = new Map();
const entries = new Map();
let chosen = null;
let messages = [];
let typing = 0;
/// How many snapshots are being fetched, and what was told in the meantime: it is newer than they are.
let fetching = 0;
let told = [];

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error.message);
  return told;
}

/// Does something, and says below the chat what went wrong with it.
async function attempt(work) {
  try {
    find("trouble").hidden = true;
    await work();
  } catch (error) {
    find("trouble").textContent = error.message;
    find("trouble").hidden = false;
  }
}

/// Shows a snapshot, and then what was told while it was on its way, so that nothing newer is painted over.
async function catchUp(fetchAndShow) {
  fetching += 1;
  try {
    await fetchAndShow();
  } finally {
    fetching -= 1;
    if (fetching === 0) {
      const late = told;
      told = [];
      for (const handle of late) handle();
    }
  }
}

function say(content) {
  if (chosen === null) return attempt(() => Promise.reject(new Error("Add a customer first.")));
  return attempt(() => ask("POST", "/simulator/messages", { customer: chosen, ...content }));
}

function showPeople() {
  const select = find("customers");
  select.replaceChildren(
    ...[...people.values()].map((person) => {
      const option = element("option", "", `${person.name} (${person.phone ? `+${person.phone}` : person.user_id})`);
      option.value = person.id;
      option.selected = person.id === chosen;
      return option;
    }),
  );
  const person = people.get(chosen);
  find("window").textContent = person === undefined ? "" : windowOf(person);
  find("nobody").hidden = people.size > 0;
  for (const name of ["online", "reads", "blocked"]) {
    find(name).checked = person?.[name] ?? false;
    find(name).disabled = person === undefined;
  }
}

/// Until when the business may send anything.
function windowOf(person) {
  const closes = person.wrote_at === null ? 0 : (person.wrote_at + 24 * 60 * 60) * 1000;
  if (closes <= Date.now()) return "24-hour window closed: only templates arrive";
  const until = new Date(closes).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
  return `24-hour window open until ${until}`;
}

function showChat() {
  const byId = new Map(messages.map((message) => [message.id, message]));
  find("chat").replaceChildren(
    ...messages.map((message) => bubble(message, byId.get(message.reply_to), say)),
  );
  scrollDown();
}

function scrollDown() {
  find("chat").scrollTop = find("chat").scrollHeight;
}

function choose(id) {
  chosen = id;
  return catchUp(async () => {
    const person = await ask("GET", `/simulator/customers/${encodeURIComponent(id)}`);
    if (chosen !== id) return;
    messages = person.chat;
    showPeople();
    showChat();
  });
}

function showEntry(entry) {
  const item = element("li");
  const details = element("details");
  const line = element("summary");
  const status = entry.answer?.status;
  const good = status !== undefined && status < 400;
  const pending = status === undefined && entry.error === null;
  line.append(
    element("span", entry.kind, entry.kind),
    element("span", good || pending ? "" : "bad", pending ? "…" : String(status ?? "no answer")),
    element("span", "", entry.duration_ms === null ? "" : `${entry.duration_ms} ms`),
    element("span", "title", `${entry.summary || entry.title}${entry.attempt > 1 ? ` (attempt ${entry.attempt})` : ""}`),
  );
  details.append(line);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) {
      details.append(element("pre", "", JSON.stringify(entry, null, 2)));
    }
  });
  item.append(details);
  entries.get(entry.id)?.replaceWith(item);
  if (!entries.has(entry.id)) find("log").prepend(item);
  find("quiet").hidden = true;
  entries.set(entry.id, item);
  if (entries.size > MOST_ENTRIES) {
    const [oldest, gone] = entries.entries().next().value;
    gone.remove();
    entries.delete(oldest);
  }
}

function showCallback(callback) {
  find("callback").textContent = callback === null ? "webhooks go nowhere yet" : `webhooks go to ${callback}`;
  find("callback").classList.toggle("bad", callback === null);
}

function openWindow(at) {
  const person = people.get(chosen);
  if (person === undefined || person.wrote_at >= at) return;
  person.wrote_at = at;
  find("window").textContent = windowOf(person);
}

function showForm(isShown) {
  find("new").hidden = !isShown;
  find("add").setAttribute("aria-expanded", String(isShown));
}

function showTyping() {
  find("typing").hidden = false;
  clearTimeout(typing);
  typing = setTimeout(() => { find("typing").hidden = true; }, 5000);
}

function listen() {
  const stream = new EventSource("/simulator/stream");
  const on = (name, handle) => stream.addEventListener(name, (event) => {
    const data = JSON.parse(event.data);
    if (fetching > 0) told.push(() => handle(data));
    else handle(data);
  });
  // Also after the stream was broken: what happened in between is asked for.
  stream.addEventListener("open", () => attempt(() => catchUp(load)));
  on("entry", showEntry);
  on("customer", (person) => {
    people.set(person.id, person);
    if (chosen === null) attempt(() => choose(person.id));
    else showPeople();
  });
  on("message", ({ customer, message }) => {
    if (customer !== chosen) return;
    const place = messages.findIndex((known) => known.id === message.id);
    if (place < 0) messages.push(message);
    else messages[place] = message;
    if (message.from === "business") find("typing").hidden = true;
    else openWindow(message.at);
    showChat();
  });
  on("callback", ({ callback }) => showCallback(callback));
  on("typing", ({ customer }) => { if (customer === chosen) showTyping(); });
}

async function load() {
  const state = await ask("GET", "/simulator");
  find("account").textContent = `+${state.account.phone}, number ${state.account.phone_number_id}`;
  showCallback(state.callback);
  people.clear();
  for (const person of state.customers) people.set(person.id, person);
  const log = await ask("GET", "/simulator/log?limit=5000");
  log.entries.slice(-MOST_ENTRIES).forEach(showEntry);
  const first = people.has(chosen) ? chosen : people.keys().next().value;
  if (first !== undefined) await choose(first);
  else showPeople();
}

find("customers").addEventListener("change", (event) => attempt(() => choose(event.target.value)));
find("add").addEventListener("click", () => {
  showForm(find("new").hidden);
  if (!find("new").hidden) find("new-name").focus();
});
find("new").addEventListener("submit", (event) => {
  event.preventDefault();
  const phone = find("new-phone").value.trim();
  attempt(async () => {
    const person = await ask("POST", "/simulator/customers", { name: find("new-name").value, ...(phone && { phone }) });
    people.set(person.id, person);
    find("new").reset();
    showForm(false);
    await choose(person.id);
  });
});
for (const name of ["online", "reads", "blocked"]) {
  find(name).addEventListener("change", (event) => {
    const path = `/simulator/customers/${encodeURIComponent(chosen)}`;
    attempt(() => ask("PATCH", path, { [name]: event.target.checked }));
  });
}
find("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("text").value;
  if (text.trim() === "") return;
  find("text").value = "";
  say({ text });
});
find("picture").addEventListener("click", () => say({ image: {} }));
find("clear").addEventListener("click", () => {
  find("log").replaceChildren();
  entries.clear();
  find("quiet").hidden = false;
});
// Pictures make the chat longer when they have come.
find("chat").addEventListener("load", scrollDown, true);
listen();
