// Makes pages quicker; none of them needs it. Forms and links with data-swap="ID ..." are fetched, and the elements with
// these ids are replaced by those of the answer, which is the same page that a browser without script would load.
// Elements with data-key="k" are pressed, or focused where they take text, when the key k is.
"use strict";

let live = null;
let waiting = 0;
let busy = null;
let pressed = null;

function replace(page, ids) {
  const pairs = ids.map((id) => [document.getElementById(id), page.getElementById(id)]);
  if (pairs.some(([old, fresh]) => !old || !fresh)) return null;
  for (const [old, fresh] of pairs) old.replaceWith(document.adoptNode(fresh));
  return pairs.map(([, fresh]) => fresh);
}

function complain(words) {
  const notice = document.getElementById("notice");
  if (!notice) return void alert(words);
  notice.className = "notice problem";
  notice.setAttribute("role", "alert");
  notice.textContent = words;
  notice.scrollIntoView({ block: "nearest" });
}

function refocus(parts, id) {
  const wanted = parts.map((part) => part.querySelector("[autofocus]")).find(Boolean) || (id && document.getElementById(id));
  const target = wanted || document.getElementById("main");
  if (target) target.focus({ preventScroll: !wanted });
}

async function load(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  if (!(answer.headers.get("content-type") || "").startsWith("text/html")) throw new Error(`status ${answer.status}`);
  return [answer, new DOMParser().parseFromString(await answer.text(), "text/html")];
}

async function swap(ids, url, options) {
  if (busy) return;
  busy = options.method || "get";
  const main = document.getElementById("main");
  const focused = document.activeElement && document.activeElement.id;
  main.setAttribute("aria-busy", "true");
  // What is typed now would be lost, so it is better not taken.
  main.inert = true;
  try {
    const [answer, page] = await load(url, options);
    const parts = replace(page, ids);
    if (!parts) {
      const told = page.getElementById("notice");
      if (answer.ok || !told) return void location.assign(answer.url);
      complain(told.innerText.trim());
      main.inert = false;
      return void refocus([], focused);
    }
    if (!ids.includes("nav")) replace(page, ["nav"]);
    document.title = page.title;
    if (options.method !== "post" || answer.redirected) history.pushState(null, "", answer.url);
    if (ids.includes("main")) scrollTo(0, 0);
    refocus(parts, answer.redirected ? null : focused);
  } catch {
    complain("The service did not answer. Nothing was lost on this page; try again.");
  } finally {
    busy = null;
    main.removeAttribute("aria-busy");
    main.inert = false;
    if (pressed) press(pressed);
    pressed = null;
  }
}

// Sends a form as it stands to another address while a person types in it.
async function check(form) {
  if (live) live.abort();
  live = new AbortController();
  const { signal } = live;
  try {
    const options = { method: "post", body: new URLSearchParams(new FormData(form)), signal };
    const [, page] = await load(form.dataset.live, options);
    if (!signal.aborted) replace(page, form.dataset.liveSwap.split(" "));
  } catch (error) {
    if (error.name !== "AbortError") complain("The text could not be checked; it is checked again when it is saved.");
  }
}

function visible(selector) {
  return [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length > 0);
}

function step(by) {
  const items = visible("[data-item]");
  const focused = items.indexOf(document.activeElement);
  const place = focused < 0 ? items.findIndex((one) => one.hasAttribute("aria-current")) : focused;
  const next = items[Math.min(Math.max(place + by, 0), items.length - 1)];
  if (next) next.focus();
  return Boolean(next);
}

function press(key) {
  const target = visible("[data-key]").find((one) => one.dataset.key === key);
  if (!target) return (key === "j" && step(1)) || (key === "k" && step(-1));
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  swap(link.dataset.swap.split(" "), link.href, {});
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const ids = (event.submitter && event.submitter.dataset.swap) || form.dataset.swap;
  if (!ids) return;
  event.preventDefault();
  clearTimeout(waiting);
  if (live) live.abort();
  const url = (event.submitter && event.submitter.getAttribute("formaction")) || form.getAttribute("action");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  swap(ids.split(" "), url, { method: "post", body });
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => form.isConnected && check(form), 200);
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.repeat) return;
  const field = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter" && field && field.form) field.form.requestSubmit();
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (field && key !== "Escape") return;
  // A key may wait for a page that is only looked at. Behind a decision it would hit what nobody has seen.
  if (busy) return void (pressed = busy === "get" ? key : null);
  if (press(key)) event.preventDefault();
  else if (field) field.blur();
});

addEventListener("popstate", () => location.reload());
