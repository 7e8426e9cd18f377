// One message of the chat. Whatever a message says is set as text and never as markup.

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const TICKS = {
  posting: "✓",
  accepted: "…",
  sent: "✓",
  delivered: "✓✓",
  read: "✓✓",
  played: "✓✓",
  failed: "failed",
};

/// `act` is called with what the customer does about the message.
export function bubble(message, quoted, act) {
  const item = element("li", `bubble ${message.from}`);
  item.dataset.id = message.id;
  item.dataset.status = message.status;
  if (quoted) item.append(element("div", "quote", quoted.text || quoted.type));
  if (message.media_id && (message.type === "image" || message.type === "sticker")) {
    const image = element("img");
    image.src = `/simulator/media/${encodeURIComponent(message.media_id)}`;
    image.alt = message.text || message.type;
    item.append(image);
  }
  if (message.type !== "text" && message.type !== "interactive") {
    item.append(element("div", "kind", message.type));
  }
  item.append(element("div", "words", message.text));
  if (message.choices.length > 0) item.append(choices(message, act));
  item.append(foot(message, act));
  return item;
}

function choices(message, act) {
  const list = element("div", "choices");
  for (const choice of message.choices) {
    const button = element("button", "", choice.title);
    button.type = "button";
    if (choice.description) button.title = choice.description;
    button.addEventListener("click", () => act({ press: { on: message.id, id: choice.id } }));
    list.append(button);
  }
  return list;
}

function foot(message, act) {
  const foot = element("div", "foot");
  for (const emoji of [message.customer_reaction, message.business_reaction]) {
    if (emoji) foot.append(element("span", "reaction", emoji));
  }
  if (message.from === "business") {
    const reacted = message.customer_reaction !== null;
    const button = element("button", "react", reacted ? "take back" : "👍");
    button.type = "button";
    button.title = reacted ? "Take the reaction back" : "React";
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => act({ reaction: { to: message.id, emoji: reacted ? null : "👍" } }));
    foot.append(button);
  }
  const time = new Date(message.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  foot.append(element("time", "", time));
  const code = message.error_code === null ? "" : ` ${message.error_code}`;
  const ticks = element("span", `ticks ${message.status}`, (TICKS[message.status] ?? message.status) + code);
  ticks.title = message.status;
  ticks.setAttribute("aria-label", message.status + code);
  ticks.setAttribute("role", "img");
  foot.append(ticks);
  return foot;
}
