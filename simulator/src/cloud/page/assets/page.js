// Makes the page live. Everything here can be read, and every form sent, without it: the server renders each state, and
// this fetches the same page again when something has happened and moves what differs into place.

const root = document.documentElement;
const live = document.querySelector(".live");
const PAUSE = 150; // Milliseconds between two refreshes: a burst is one.
const TICK = 1000; // While something counts down.

let wanted = false;
let timer = 0;
let busy = false;

function refreshSoon() {
  wanted = true;
  if (!timer && !busy) timer = setTimeout(refresh, PAUSE);
}

async function refresh() {
  timer = 0;
  if (busy) return;
  wanted = false;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) show(await answer.text());
  } catch {
    // The event stream tells that the cloud is away, and this runs again when it is back.
  } finally {
    busy = false;
    if (wanted) refreshSoon();
  }
}

function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  document.title = next.title;
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = next.getElementById(part.id);
    if (other) become(part, other);
  }
  if (atEnd) toEnd();
}

// A conversation stays at its end as it grows, unless somebody has scrolled up in it.
let atEnd = !location.hash;

function toEnd() {
  const talk = document.querySelector(".talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
}

document.addEventListener(
  "scroll",
  ({ target: talk }) => {
    if (talk.classList?.contains("talk")) atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  },
  true,
);
// A picture has its height when it has come.
document.addEventListener("load", () => atEnd && toEnd(), true);

// Turns one element into another with as few changes as possible, so that focus, selection, scrolling and what somebody
// has opened or begun to write stay.
function become(old, next) {
  if (old.isEqualNode(next)) return;
  const untouched = old.hasAttribute("data-keep") && old !== document.activeElement && isUntouched(old);
  const opens = old.localName === "details";
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !(opens && name === "open")) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.hasAttribute("data-keep")) {
    if (old.localName === "select") takeOptions(old, next, untouched);
    else if (untouched) [old.value, old.checked] = [next.value, next.checked];
    return;
  }
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  let at = old.firstChild;
  for (const node of [...next.childNodes]) {
    const same = node.id ? keyed.get(node.id) : at && !at.id && at.nodeType === node.nodeType && at.nodeName === node.nodeName ? at : null;
    if (!same) {
      const fresh = document.importNode(node, true);
      if (fresh.classList?.contains("msg")) fresh.classList.add("fresh");
      old.insertBefore(fresh, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    if (same.nodeType === Node.ELEMENT_NODE) become(same, node);
    else if (same.nodeValue !== node.nodeValue) same.nodeValue = node.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

// Whether a field has what the server gave it.
function isUntouched(field) {
  if (field.localName !== "select") return field.value === field.defaultValue && field.checked === field.defaultChecked;
  const given = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex === Math.max(given, 0);
}

function takeOptions(old, next, untouched) {
  const chosen = untouched ? next.value : old.value;
  [...old.options].forEach((option, nth) => (option.defaultSelected = next.options[nth]?.defaultSelected ?? false));
  old.value = chosen;
}

function listen() {
  const source = new EventSource(root.dataset.events);
  const say = (state, words) => {
    live.dataset.state = state;
    live.textContent = words;
    live.hidden = false;
  };
  source.addEventListener("open", () => {
    say("on", "live");
    refreshSoon();
  });
  source.addEventListener("error", () => say("off", "cloud is away"));
  for (const name of ["message", "exchange", "settings", "reset", "missed"]) source.addEventListener(name, refreshSoon);
}

let toast;
function tell(words) {
  toast?.remove();
  toast = document.createElement("p");
  toast.className = "toast";
  toast.setAttribute("role", "alert");
  toast.textContent = words;
  document.body.append(toast);
  setTimeout(() => toast.remove(), 6000);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      tell(page.querySelector("[data-error]")?.textContent ?? `The cloud answered ${answer.status}.`);
      return;
    }
    if (form.hasAttribute("data-clears")) form.reset();
    // What was replied to is in the address.
    if (form.querySelector("[name=reply_to]")) history.replaceState(null, "", location.pathname);
    form.closest("details.closes")?.removeAttribute("open");
    if (form.closest(".compose")) toEnd();
  } catch {
    tell("The cloud cannot be reached.");
  }
  refreshSoon();
});

root.classList.add("scripted");
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    tell("Copied.");
  } catch {
    tell("The browser does not let this page copy: select the text instead.");
  }
});

// A search is a link, and follows the writing.
let typing;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-search]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name);
    const text = query.toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
    refreshSoon();
  }, 120);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select")) {
    const field = document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
  if (event.key === "Escape") event.target.closest?.("details[open].closes")?.removeAttribute("open");
});

if (atEnd) toEnd();
setInterval(() => {
  if (document.querySelector("[data-ticks]") && !document.hidden) refreshSoon();
}, TICK);
// A real clock goes on between two refreshes.
const pad = (number) => String(number).padStart(2, "0");
setInterval(() => {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const at = new Date(clock.dateTime);
  at.setSeconds(at.getSeconds() + 1);
  clock.dateTime = at.toISOString().slice(0, 19) + "Z";
  clock.textContent = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(pad).join(":");
}, TICK);
listen();
