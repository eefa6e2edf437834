/* Fieldwork's own script: small helpers on top of pages that also work without it. Everything hangs on data attributes:

   form[data-autosave="URL"]     saves as one types: POST JSON {lock_version, fields}; says its state in [data-autosave-state];
                                 the answer is {lock_version, saved_at}; its {problems: {id: sentence}} stand beside their controls,
                                 once these are left. data-lock="3" or input[name=lock_version] holds the version.
                                 input[name=was-X] says what X began with; an answer's {was: {X: text}} renews it.
   form[data-keep="KEY"]         keeps a draft on this device until the server has answered (observations in the field).
   form[method=post]             is sent once; its buttons come back when the page is shown again. data-many: may be sent often.
   a[data-key-next], a[data-key-previous]   arrow right or j, arrow left or k, unless one is typing.
   fieldset[data-rows]           rows that can be added (template[data-row-template] with __i__) and removed ([data-row]).
                                 data-rows-max, data-rows-add (words on the button), data-rows-what ("row").
   [data-tally="URL"][data-tally-key]   taps ([data-tap=kind], data-delta) counted offline, shown in [data-count=kind], synced as
                                 {"taps": [{client_id, kind, delta, at}]}; the answer is {"counts": {kind: n}, "accepted": [client_id]}.
   [data-tabs]                   its [data-tab="Title"] children become tabs; the chosen one is remembered.
   button[data-fill="ID"]        fills the control with data-value; hidden without the script.
   [data-order]                  rows ([data-order-row] with a select) that can be moved up and down.
   [data-bookmark-url]           tells the server once which step ([data-bookmark-step]) the reader is on.
   [data-focus]                  takes the focus when the page opens (error summary).
   [hx-get] with "every"         polls, but not while the page is hidden or something inside is being typed in.

   Local keys carry the viewer's id (body[data-viewer]), so that the next person at this device is not offered another's draft. */

const viewer = document.body.dataset.viewer || "nobody";
const PREFIX = `fieldwork:${viewer}:`;
const DRAFT_DAYS = 14;
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable]");
const clock = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
/* "today at 4:05 PM", "on Mar 2 at 4:05 PM" */
const spoken = (date) => `${date.toDateString() === new Date().toDateString() ? "today"
  : `on ${date.toLocaleDateString([], { month: "short", day: "numeric" })}`} at ${clock(date)}`;

/* ---------------------------------------------------------------------------------------- local store
   Private windows and full disks refuse; a refusal must never break the page. */

const store = {
  get(key) { try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(PREFIX + key, JSON.stringify(value)); return true; } catch { return false; } },
  remove(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ } },
  keys(start) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX + start)).map((key) => key.slice(PREFIX.length));
    } catch { return []; }
  },
};

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Plain http on a local network has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/* -------------------------------------------------------------------------------------------- server */

const tokenMeta = one('meta[name="csrf-token"]');

function renewToken(token) {
  tokenMeta.content = token;
  for (const field of all('input[name="csrf_token"]')) field.value = token;
}

/** POST JSON; resolves to {status, body}; status 0 when there is no connection. */
async function send(url, data, { keepalive = false, again = true } = {}) {
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      keepalive,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": tokenMeta.content },
      body: JSON.stringify(data),
    });
    const body = await response.json().catch(() => ({}));
    if (response.status === 400 && body.code === "page_expired" && body.csrf_token && again) {
      renewToken(body.csrf_token); // signed in again in another tab
      return send(url, data, { keepalive, again: false });
    }
    return { status: response.status, body };
  } catch {
    return { status: 0, body: {} };
  }
}

function signInLink() {
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.rel = "opener";
  link.textContent = "Sign in in a new tab";
  return link;
}

function say(place, state, ...words) {
  if (!place) return;
  if (state) place.dataset.state = state; else delete place.dataset.state;
  place.replaceChildren(...words);
}

function toast(...words) { one("#page-status")?.replaceChildren(...words); }

function action(words, does) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = words;
  button.addEventListener("click", does);
  return button;
}

/* -------------------------------------------------------------------------------- what a form holds */

const MACHINERY = new Set(["csrf_token", "lock_version", "keep", "next"]);
const controls = (form) => [...form.elements].filter((control) => control.name && !MACHINERY.has(control.name)
  && !["submit", "button", "file", "password", "reset", "image"].includes(control.type) && control.tagName !== "FIELDSET");

function values(form) {
  const result = {};
  const boxes = {};
  for (const control of controls(form)) {
    if (control.disabled) continue;
    if (control.type === "checkbox") {
      (boxes[control.name] ||= []).push(control);
    } else if (control.type === "radio") {
      if (control.checked) result[control.name] = control.value;
      else result[control.name] ??= "";
    } else if (control.type === "select-multiple") {
      result[control.name] = [...control.selectedOptions].map((option) => option.value);
    } else if (control.name in result) {
      result[control.name] = [].concat(result[control.name], control.value);
    } else {
      result[control.name] = control.value;
    }
  }
  for (const [name, list] of Object.entries(boxes)) {
    result[name] = list.length > 1 ? list.filter((box) => box.checked).map((box) => box.value) : list[0].checked;
  }
  return result;
}

function fill(form, fields) {
  for (const rows of all("[data-rows]", form)) growTo(rows, Object.keys(fields));
  const seen = {};
  for (const control of controls(form)) {
    if (!(control.name in fields) || isWas(control.name)) continue;
    const value = fields[control.name];
    if (control.type === "checkbox") control.checked = Array.isArray(value) ? value.includes(control.value) : Boolean(value);
    else if (control.type === "radio") control.checked = control.value === value;
    else if (control.type === "select-multiple") for (const option of control.options) option.selected = value.includes(option.value);
    else if (Array.isArray(value)) control.value = value[(seen[control.name] = (seen[control.name] ?? -1) + 1)] ?? "";
    else control.value = value;
  }
}

/* Nobody typed the client_id, which the page makes each time, nor what a question began with. */
const isWas = (name) => name.startsWith("was-");
const same = (a, b) => {
  const trimmed = (fields) => JSON.stringify(Object.entries(fields).filter(([name, value]) => name !== "client_id"
    && !isWas(name) && value !== "" && value !== false
    && !(Array.isArray(value) && !value.some(Boolean))).sort(([x], [y]) => (x < y ? -1 : 1)));
  return trimmed(a) === trimmed(b);
};

/* -------------------------------------------------------------------------------------------- drafts */

const draftKey = (form) => `draft:${form.dataset.keep || location.pathname + (form.id ? `#${form.id}` : "")}`;

function offerDraft(form, place, restored) {
  const key = draftKey(form);
  const draft = store.get(key);
  if (!draft) return;
  if (same(draft.fields, values(form)) || Date.now() - draft.at > DRAFT_DAYS * 86400000) { store.remove(key); return; }
  const box = document.createElement("div");
  box.className = "notice notice-waiting";
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = `This device holds something you typed ${spoken(new Date(draft.at))} that did not reach the server.`;
  const row = document.createElement("div");
  row.className = "row";
  row.append(
    action("Put it back", () => { fill(form, draft.fields); box.remove(); restored(); }),
    action("Discard it", () => { store.remove(key); box.remove(); say(place, "", "Discarded."); }),
  );
  box.append(words, row);
  form.prepend(box);
}

/* A draft is done with once the server has answered the form that held it. A dead network shows no page of ours; coming back by
   the back button is not an answer either. */
function settleDrafts() {
  const sent = store.get("sent");
  if (!sent) return;
  store.remove("sent");
  const [how] = performance.getEntriesByType("navigation");
  const cameFromForm = document.referrer && new URL(document.referrer).pathname === sent.path;
  if (how?.type === "navigate" && cameFromForm && !one("[data-refused], .error-summary")) store.remove(sent.key);
}

function keepLocally(form) {
  const place = one("[data-keep-state]", form);
  const keep = () => {
    const kept = store.set(draftKey(form), { at: Date.now(), fields: values(form) });
    say(place, kept ? "saved" : "failed", kept ? "Kept on this device until you send it." : "This browser cannot keep a draft.");
  };
  offerDraft(form, place, keep);
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", (event) => {
    keep();
    if (!navigator.onLine) {
      event.preventDefault();
      const words = "No connection, so this is not sent yet. It is kept on this device; send it when you are connected.";
      say(place, "failed", words);
      if (!place) toast(words);
      return;
    }
    store.set("sent", { key: draftKey(form), path: location.pathname });
  });
}

/* ------------------------------------------------------------------------------------------ autosave */

/* Beside a control, as the server draws it: what does not fit. */
function showProblem(control, words) {
  const box = control.closest(".field");
  const id = `${control.id}-error`;
  const shown = document.getElementById(id) ?? box?.querySelector(":scope > .error");
  if (!words) {
    shown?.remove();
    box?.classList.remove("field-wrong");
    control.removeAttribute("aria-invalid");
    describe(control, id, false);
    return;
  }
  if (!box || shown?.textContent === `Error: ${words}`) return;
  shown?.remove();
  const error = document.createElement("p");
  error.className = "error";
  error.id = id;
  const mark = document.createElement("span");
  mark.className = "visually-hidden";
  mark.textContent = "Error: ";
  error.append(mark, words);
  if (control.parentElement === box) control.before(error); else box.append(error);
  box.classList.add("field-wrong");
  control.setAttribute("aria-invalid", "true");
  describe(control, id, true);
}

function describe(control, id, wanted) {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((other) => other && other !== id);
  if (wanted) ids.push(id);
  if (ids.length) control.setAttribute("aria-describedby", ids.join(" ")); else control.removeAttribute("aria-describedby");
}

function autosave(form) {
  const url = form.dataset.autosave || form.getAttribute("action") || location.pathname;
  const place = one("[data-autosave-state]", form) || one("[data-autosave-state]");
  const lockField = one('input[name="lock_version"]', form);
  let lock = Number(form.dataset.lock ?? lockField?.value ?? 0);
  let timer = 0;
  let retry = 0;
  let running = null;
  let stopped = false;
  let doubt = null; // sent, but the answer was lost: the server may hold it, under a version we were not told
  let saved = values(form);

  const dirty = () => !same(saved, values(form));
  const plan = (after) => { clearTimeout(timer); timer = setTimeout(save, after); };

  // Not while one is still typing there; what fits now is cleared at once. "Fill this in" goes when something stands there.
  let problems = null;
  const showProblems = () => {
    if (!problems) return;
    for (const [id, words] of Object.entries(problems)) {
      const control = document.getElementById(id);
      if (control && control !== document.activeElement) showProblem(control, words);
    }
    const holds = (control) => (control.type === "checkbox" ? control.checked : control.value || control.matches("fieldset"));
    for (const control of all("[aria-invalid]", form)) if (holds(control) && !(control.id in problems)) showProblem(control, "");
  };
  form.addEventListener("focusout", () => setTimeout(showProblems));
  const savedWords = () => {
    const count = Object.keys(problems ?? {}).length;
    return count ? `. ${count === 1 ? "1 answer does" : `${count} answers do`} not fit yet.` : "";
  };

  // While it is in doubt what the server holds, nothing on this page may count as unchanged.
  const forget = () => { for (const was of all('input[name^="was-"]', form)) was.disabled = true; };

  async function save({ keepalive = false } = {}) {
    clearTimeout(timer);
    if (stopped || running || (!dirty() && !doubt)) return running;
    // What is in doubt goes again first, as it was: the answer tells the version, and this tab is not taken for stale.
    if (doubt && keepalive) forget();
    const fields = doubt && !keepalive ? doubt : values(form);
    say(place, "saving", "Saving…");
    running = send(url, { lock_version: lock, fields }, { keepalive }).then(({ status, body }) => {
      running = null;
      if (status >= 200 && status < 300) {
        lock = body.lock_version ?? lock;
        form.dataset.lock = lock;
        if (lockField) lockField.value = lock;
        saved = fields;
        doubt = null;
        for (const [key, value] of Object.entries(body.was ?? {})) {
          Object.assign(one(`input[name="was-${CSS.escape(key)}"]`, form), { value, disabled: false });
        }
        retry = 0;
        if (dirty()) return plan(300);
        store.remove(draftKey(form));
        problems = body.problems ?? null;
        showProblems();
        const wrong = savedWords();
        return say(place, wrong ? "waiting" : "saved", `Saved at ${clock(body.saved_at ? new Date(body.saved_at) : new Date())}${wrong}`);
      }
      if (status === 409) {
        stopped = true;
        // With an address to see it at, the server has kept it; only what was typed since is on this device alone.
        return say(place, "failed", body.message || "This was changed somewhere else.",
          body.href ? " " : " What you typed here is kept on this device. ",
          action(body.link || "Show what is saved now", () => {
            if (!body.href) return location.reload();
            if (same(fields, values(form))) store.remove(draftKey(form));
            return location.assign(body.href);
          }));
      }
      if (status === 401) {
        retry += 1;
        plan(15000);
        return say(place, "failed", "You are signed out, so this is not saved yet. It is kept on this device. ", signInLink(), ".");
      }
      if (status === 422 || status === 400 || status === 403 || status === 404 || status === 413) {
        return say(place, "failed", `Not saved: ${body.message || "the server did not accept it."} It is kept on this device.`);
      }
      doubt ??= fields;
      retry += 1;
      plan(Math.min(60000, 2000 * 2 ** retry));
      return say(place, "failed", status === 0
        ? "Not saved: no connection. It is kept on this device and will be sent when the connection is back."
        : "Not saved: the server has a problem. It is kept on this device and will be sent again.");
    });
    return running;
  }

  const changed = () => {
    if (!dirty()) return;
    const kept = store.set(draftKey(form), { at: Date.now(), fields: values(form) });
    if (stopped) return;
    say(place, "waiting", kept ? "Not saved yet" : "Not saved yet; this browser keeps no draft");
    if (!retry) plan(800);
  };
  offerDraft(form, place, () => { changed(); plan(0); });
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  addEventListener("online", () => { if (dirty()) plan(0); });
  addEventListener("focus", () => { if (retry && dirty()) plan(0); });
  addEventListener("pagehide", () => { if (dirty() && !form.dataset.sending) save({ keepalive: true }); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!running) {
      if (doubt) forget();
      form.dataset.sending = "yes";
      store.set(draftKey(form), { at: Date.now(), fields: values(form) });
      store.set("sent", { key: draftKey(form), path: location.pathname });
      return;
    }
    // A save under way would make this form's version stale: wait for it, then send.
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    running.finally(() => form.requestSubmit(submitter));
  });
}

/* --------------------------------------------------------------------------------------- sent once */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || "many" in form.dataset) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  // Later, because a disabled button would not send its own name.
  setTimeout(() => { for (const button of all("button:not([type=button])", form)) button.disabled = true; });
});

addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    delete form.dataset.sending;
    for (const button of all("button:not([type=button])", form)) button.disabled = false;
  }
});

document.addEventListener("submit", (event) => {
  // getAttribute: a field named "action" would hide the property.
  if (!new URL(event.target.getAttribute("action") || "", location.href).pathname.endsWith("/sign-out")) return;
  const drafts = store.keys("draft:");
  if (drafts.length && !confirm("Something you typed on this device was not sent. Signing out removes it. Sign out?")) {
    event.preventDefault();
    return;
  }
  drafts.forEach(store.remove);
}, true);

/* ---------------------------------------------------------------------------------------- keyboard */

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = one("details[data-menu][open]");
    if (menu) { menu.open = false; one("summary", menu).focus(); }
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (typing(event.target) || event.target.closest?.("audio, video, [role=tablist], .scroll, dialog")) return;
  const wanted = { ArrowRight: "next", j: "next", ArrowLeft: "previous", k: "previous" }[event.key];
  const link = wanted && one(`a[data-key-${wanted}]`);
  if (link) { event.preventDefault(); link.click(); }
});

document.addEventListener("click", (event) => {
  for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  const link = event.target.closest?.('a[href^="#"]');
  if (link) reveal(link.hash);
});

/** Opens the tabs and details that hide something. */
function uncover(target) {
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  for (let panel = target.closest("[data-tab]"); panel; panel = panel.parentElement.closest("[data-tab]")) {
    if (panel.hidden) document.getElementById(panel.getAttribute("aria-labelledby"))?.click();
  }
}

/* What the browser refuses may stand in a closed tab: it would block the form without a word. The first one of a press gets the focus. */
let refused = null;
document.addEventListener("invalid", (event) => {
  if (refused) return;
  refused = event.target;
  uncover(refused);
  setTimeout(() => { refused.focus(); refused.reportValidity?.(); refused = null; });
}, true);

/** A link to something inside a closed tab or details opens it first. */
function reveal(hash) {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!target) return;
  uncover(target);
  if (target.matches("fieldset")) one("input, select, textarea", target)?.focus();
}

/* ------------------------------------------------------------------------------------ repeating rows */

function addRow(fieldset, index) {
  const template = one("template[data-row-template]", fieldset);
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__i__", index);
  const row = holder.content.firstElementChild;
  const last = all("[data-row]", fieldset).at(-1);
  if (last) last.after(row); else template.before(row);
  dressRow(fieldset, row);
  return row;
}

function nextIndex(fieldset) {
  const next = Math.max(Number(fieldset.dataset.rowsNext || 0), all("[data-row]", fieldset).length);
  fieldset.dataset.rowsNext = next + 1;
  return next;
}

function growTo(fieldset, names) {
  const start = `${fieldset.dataset.rows}-`;
  const highest = Math.max(-1, ...names.filter((name) => name.startsWith(start)).map((name) => parseInt(name.slice(start.length), 10)).filter(Number.isInteger));
  while (all("[data-row]", fieldset).length <= highest) addRow(fieldset, nextIndex(fieldset));
}

function dressRow(fieldset, row) {
  const remove = action(`Remove this ${fieldset.dataset.rowsWhat || "row"}`, () => {
    const others = all("[data-row]", fieldset).filter((other) => other !== row);
    if (others.length) {
      row.remove();
      one("input, textarea, select", others.at(-1))?.focus();
    } else {
      for (const control of all("input, textarea, select", row)) {
        if (["checkbox", "radio"].includes(control.type)) control.checked = false;
        else if (control.type !== "hidden") control.value = "";
      }
    }
    fieldset.dispatchEvent(new Event("input", { bubbles: true }));
    limitRows(fieldset);
  });
  remove.classList.add("row-remove", "no-print");
  row.append(remove);
}

function limitRows(fieldset) {
  const full = all("[data-row]", fieldset).length >= Number(fieldset.dataset.rowsMax || 50);
  const button = one("[data-row-add]", fieldset);
  if (button) button.disabled = full;
}

function repeatingRows(fieldset) {
  if (!one("template[data-row-template]", fieldset)) return;
  for (const row of all("[data-row]", fieldset)) dressRow(fieldset, row);
  const add = action(fieldset.dataset.rowsAdd || "Add a row", () => {
    const row = addRow(fieldset, nextIndex(fieldset));
    one("input, textarea, select", row)?.focus();
    limitRows(fieldset);
  });
  add.dataset.rowAdd = "";
  add.classList.add("no-print");
  fieldset.append(add);
  limitRows(fieldset);
}

/* --------------------------------------------------------------------------------------------- tally */

function tally(section) {
  const key = `tally:${section.dataset.tallyKey}`;
  const place = one("[data-tally-state]", section);
  const base = Object.fromEntries(all("[data-count]", section).map((place) => [place.dataset.count, Number(place.textContent) || 0]));
  let running = false;
  let timer = 0;
  let wait = 0;
  // Where the browser keeps nothing, taps still count while the page is open.
  let queue = store.get(key) || [];
  const keep = () => (queue.length ? store.set(key, queue) : (store.remove(key), true));

  function show() {
    for (const output of all("[data-count]", section)) {
      const kind = output.dataset.count;
      output.textContent = Math.max(0, (base[kind] || 0) + queue.reduce((sum, tap) => sum + (tap.kind === kind ? tap.delta : 0), 0));
    }
  }

  const waiting = () => `${queue.length} ${queue.length === 1 ? "tap" : "taps"} on this device`;

  async function sync() {
    clearTimeout(timer);
    if (running || !queue.length) return;
    running = true;
    say(place, "saving", `Sending ${waiting()}…`);
    const taps = queue.slice(0, 200);
    const { status, body } = await send(section.dataset.tally, { taps });
    running = false;
    if (status >= 200 && status < 300) {
      const gone = new Set(body.accepted || taps.map((tap) => tap.client_id));
      // Taps made meanwhile in this or another tab stay queued.
      queue = queue.filter((tap) => !gone.has(tap.client_id));
      keep();
      Object.assign(base, body.counts || {});
      wait = 0;
      show();
      say(place, "saved", queue.length ? `${waiting()}, not sent yet` : `All counted and saved at ${clock(new Date())}`);
      if (queue.length && gone.size) sync();
    } else if (status === 401) {
      say(place, "failed", `You are signed out: ${waiting()}, not sent yet. `, signInLink(), ".");
      timer = setTimeout(sync, 15000);
    } else if (status && status < 500 && status !== 429) {
      say(place, "failed", `${body.message || "The server did not take these taps."} ${waiting()}. `,
        action("Try again", sync), action("Discard them", () => { queue = []; keep(); location.reload(); }));
    } else {
      wait = Math.min(60000, (wait || 2500) * 2);
      timer = setTimeout(sync, wait);
      say(place, "failed", `No connection: ${waiting()}, will be sent when it is back.`);
    }
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tap]");
    if (!button) return;
    event.preventDefault();
    const delta = Number(button.dataset.delta || 1);
    const kind = button.dataset.tap;
    const shown = Number(one(`[data-count="${CSS.escape(kind)}"]`, section)?.textContent || 0);
    if (shown + delta < 0) return;
    queue.push({ client_id: uuid(), kind, delta, at: new Date().toISOString() });
    if (!keep()) toast("This browser keeps nothing when the page is closed: stay on this page until the taps are sent.");
    show();
    clearTimeout(timer);
    timer = setTimeout(sync, 400);
  });
  addEventListener("online", sync);
  addEventListener("offline", () => say(place, "failed", `No connection. Go on counting: taps stay on this device.`));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });
  show();
  sync();
}

/* ---------------------------------------------------------------------------------------------- tabs */

function tabs(box) {
  const panels = [...box.children].filter((child) => "tab" in child.dataset);
  if (panels.length < 2) return;
  const memory = `tab:${location.pathname}:${box.dataset.tabs}`;
  const list = document.createElement("div");
  list.className = "tab-list";
  list.setAttribute("role", "tablist");
  const heads = panels.map((panel, index) => {
    const head = document.createElement("button");
    head.type = "button";
    head.className = "tab";
    head.id = `${panel.id}-tab`;
    head.textContent = panel.dataset.tab;
    head.setAttribute("role", "tab");
    head.setAttribute("aria-controls", panel.id);
    head.addEventListener("click", () => choose(index));
    panel.setAttribute("role", "tabpanel");
    panel.removeAttribute("aria-label");
    panel.setAttribute("aria-labelledby", head.id);
    list.append(head);
    return head;
  });
  // Side by side on a desk, the first panel always stands on its own: the others share the second column.
  const beside = box.classList.contains("tabs-beside") ? matchMedia("(min-width: 60rem)") : null;
  function choose(wanted, focus = false) {
    const chosen = beside?.matches ? Math.max(1, wanted) : wanted;
    heads.forEach((head, index) => {
      head.setAttribute("aria-selected", String(index === chosen));
      head.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
    if (focus) heads[chosen].focus();
    try { sessionStorage.setItem(PREFIX + memory, panels[chosen].id); } catch { /* not remembered, then */ }
  }
  list.addEventListener("keydown", (event) => {
    const current = heads.indexOf(document.activeElement);
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: heads.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose((to + heads.length) % heads.length, true);
  });
  box.prepend(list);
  box.classList.add("tabs-ready");
  let remembered = null;
  try { remembered = sessionStorage.getItem(PREFIX + memory); } catch { /* first one, then */ }
  const wrong = panels.findIndex((panel) => one("[aria-invalid=true], .field-wrong", panel));
  const first = Math.max(0, wrong >= 0 ? wrong : panels.findIndex((panel) => panel.id === remembered));
  choose(first);
  beside?.addEventListener("change", () => choose(heads.findIndex((head) => head.ariaSelected === "true")));
}

/* ---------------------------------------------------------------------------------------------- htmx */

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = tokenMeta.content;
});
let pollingEnded = false;
document.addEventListener("htmx:before:request", (event) => {
  const polled = event.target;
  if (!polled.matches?.('[hx-trigger*="every"]')) return;
  const busy = document.activeElement && polled.contains(document.activeElement) && typing(document.activeElement);
  if (document.hidden || pollingEnded || busy) event.preventDefault();
});
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response?.status !== 401 || pollingEnded) return;
  pollingEnded = true;
  toast("You are signed out, so this page no longer updates. ", signInLink(), ", then reload this one.");
});

/* ------------------------------------------------------------------------------------ player, orders */

/* Putting things in order: the selects do it without us; buttons move a row and number all of them anew. */
function ordering(list) {
  const rows = () => all("[data-order-row]", list);
  // A row without a place keeps none: moving the others must not answer for it.
  const number = (moved) => {
    rows().forEach((row, place) => {
      const pick = one("select", row);
      if (row === moved || pick.value) pick.value = String(place + 1);
    });
    one("select", moved).dispatchEvent(new Event("change", { bubbles: true }));
  };
  const move = (row, by, button) => {
    const other = rows()[rows().indexOf(row) + by];
    if (!other) return;
    if (by < 0) other.before(row); else other.after(row);
    number(row);
    button.focus();
  };
  for (const row of rows()) {
    const what = one("label", row)?.textContent.trim() ?? "";
    const box = document.createElement("span");
    box.className = "order-buttons";
    for (const [words, sign, by] of [["Move up", "↑", -1], ["Move down", "↓", 1]]) {
      const button = action(sign, () => move(row, by, button));
      button.setAttribute("aria-label", `${words}: ${what}`);
      box.append(button);
    }
    row.append(box);
  }
}

/* A fact is not filled in for people; one tap says it. */
function quickFill(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const control = document.getElementById(button.dataset.fill);
    control.value = button.dataset.value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/* How long there is, in whole minutes: a number that runs every second is looked at instead of the question. */
function countdown(place) {
  const end = Date.parse(place.dataset.deadline);
  const said = one("[data-deadline-left]", place);
  if (!said || Number.isNaN(end)) return;
  const tell = () => {
    const left = end - Date.now();
    const words = left <= 0 ? "The time is over." : left < 60000 ? "Less than a minute left." : `${Math.floor(left / 60000)} min left.`;
    if (said.textContent !== words) said.textContent = words;
  };
  tell();
  setInterval(tell, 15000);
}

/* The page one is on is where "Continue" leads next time. Reading itself writes nothing, so the page says so. */
function bookmark(place) { send(place.dataset.bookmarkUrl, { step: place.dataset.bookmarkStep }); }

/* --------------------------------------------------------------------------------------------- start */

settleDrafts();
for (const box of all("[data-tabs]")) tabs(box);
for (const fieldset of all("[data-rows]")) repeatingRows(fieldset);
for (const form of all("form[data-autosave]")) autosave(form);
for (const form of all("form[data-keep]")) keepLocally(form);
for (const section of all("[data-tally]")) tally(section);
for (const list of all("[data-order]")) ordering(list);
for (const button of all("button[data-fill]")) quickFill(button);
for (const place of all("[data-deadline]")) countdown(place);
for (const place of all("[data-bookmark-url]")) bookmark(place);
one("[data-focus]")?.focus();
if (location.hash) reveal(location.hash);
