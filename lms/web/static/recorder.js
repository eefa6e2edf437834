/* Recording in the page, on top of a file field that works without it. Loaded only where a question asks for a recording.

   [data-recorder="URL"]     a take is sent there at once, with its progress; the answer is {id, href, is_video, was}.
                             data-media (audio | video), data-seconds (stops by itself), data-most (bytes), data-item.
                             input[name=q-ITEM] holds the id of the take, input[name=was-ITEM] what the page began with.

   What could not be sent stays in this page, with a button to send it again; leaving the page is asked about then. */

const one = (selector, root = document) => root.querySelector(selector);
const tokenMeta = one('meta[name="csrf-token"]');
const KINDS = {
  audio: ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"],
  video: ["video/webm;codecs=vp8,opus", "video/mp4"],
};
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function button(words, kind, does) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind ? `button button-${kind}` : "button";
  made.textContent = words;
  made.addEventListener("click", does);
  return made;
}

function recorder(box) {
  const { media, item } = box.dataset;
  const longest = Number(box.dataset.seconds);
  const most = Number(box.dataset.most);
  const place = one("[data-recorder-controls]", box);
  const taken = one("[data-recorder-take]", box);
  const file = one("input[type=file]", box);
  const id = one(`input[name="q-${CSS.escape(item)}"]`, box);
  const form = box.closest("form");
  const said = document.createElement("p");
  said.className = "autosave";
  said.setAttribute("role", "status");
  const row = document.createElement("div");
  row.className = "row";
  const time = document.createElement("p");
  time.className = "recorder-time";
  time.hidden = true;
  const preview = media === "video" ? document.createElement("video") : null;
  const progress = document.createElement("progress");
  progress.max = 100;
  progress.hidden = true;
  progress.setAttribute("aria-label", "Sending the recording");
  let stream = null;
  let machine = null;
  let unsent = null; // what the server does not have yet
  let sending = null;
  let starting = false;

  const say = (state, ...words) => {
    if (state) said.dataset.state = state; else delete said.dataset.state;
    said.replaceChildren(...words);
  };
  const busy = () => starting || machine || sending || unsent;

  function idle() {
    row.replaceChildren();
    if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder) {
      row.append(button(id.value ? "Record again" : media === "video" ? "Record with the camera" : "Record your voice", "", start));
    }
    if (unsent && !sending) row.prepend(button("Send it again", "primary", () => send(unsent)));
  }

  async function start() {
    if (busy() && !unsent) return;
    starting = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia(media === "video" ? { audio: true, video: { facingMode: "user" } } : { audio: true });
    } catch (error) {
      say("failed", error.name === "NotAllowedError"
        ? "The browser may not use the microphone here. Allow it, or choose a file below."
        : "No microphone was found. Choose a file below.");
      return;
    } finally {
      starting = false;
    }
    const type = KINDS[media].find((kind) => MediaRecorder.isTypeSupported(kind));
    const pieces = [];
    machine = new MediaRecorder(stream, type ? { mimeType: type } : {});
    machine.addEventListener("dataavailable", (event) => { if (event.data.size) pieces.push(event.data); });
    machine.addEventListener("stop", () => {
      clearInterval(ticking);
      stream.getTracks().forEach((track) => track.stop());
      time.hidden = true;
      if (preview) preview.remove();
      const made = new Blob(pieces, { type: machine.mimeType });
      machine = null;
      send(made);
    }, { once: true });
    if (preview) {
      preview.muted = true;
      preview.playsInline = true;
      preview.className = "take";
      preview.srcObject = stream;
      place.prepend(preview);
      preview.play();
    }
    let seconds = 0;
    const tick = () => {
      time.textContent = `${minutes(seconds)} of ${minutes(longest)}`;
      if (seconds >= longest) machine?.stop();
      seconds += 1;
    };
    const ticking = setInterval(tick, 1000);
    machine.start(1000);
    time.hidden = false;
    tick();
    say("", "Recording.");
    const stop = button("Stop", "primary", () => machine?.stop());
    row.replaceChildren(stop);
    stop.focus();
  }

  function send(made, again = true) {
    if (made.size > most) {
      unsent = null;
      say("failed", `This recording is too large: ${Math.floor(most / 1048576)} MB at most. Make it shorter.`);
      idle();
      return;
    }
    unsent = made;
    const body = new FormData();
    body.append("recording", made, "recording");
    sending = new XMLHttpRequest();
    sending.open("POST", box.dataset.recorder);
    sending.setRequestHeader("X-CSRFToken", tokenMeta.content);
    sending.setRequestHeader("Accept", "application/json");
    sending.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total;
    });
    sending.addEventListener("loadend", () => {
      const { status } = sending;
      let answer = {};
      try { answer = JSON.parse(sending.responseText); } catch { /* not from us */ }
      sending = null;
      progress.hidden = true;
      if (status === 400 && answer.code === "page_expired" && answer.csrf_token && again) {
        tokenMeta.content = answer.csrf_token;
        for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = answer.csrf_token;
        send(made, false);
        return;
      }
      if (status === 200) kept(answer);
      else if (status === 409 || status === 413 || status === 422) {
        unsent = null; // the server will not take this one, however often it is sent
        say("failed", answer.message || "The server did not take it.");
      } else say("failed", status === 0
        ? "Not sent: no connection. It stays in this page; send it again when you are connected."
        : "Not sent. It stays in this page; send it again.");
      idle();
    });
    progress.value = 0;
    progress.hidden = false;
    say("saving", "Sending the recording…");
    row.replaceChildren();
    sending.send(body);
  }

  function kept(answer) {
    unsent = null;
    file.value = "";
    id.value = answer.id;
    const was = one(`input[name="was-${CSS.escape(item)}"]`, form);
    if (was) was.value = answer.was;
    const player = document.createElement(answer.is_video ? "video" : "audio");
    player.className = "take";
    player.controls = true;
    player.preload = "metadata";
    player.src = answer.href;
    player.setAttribute("aria-label", "Your recording");
    const words = document.createElement("p");
    words.className = "small";
    words.textContent = "This is kept as your answer. Another recording takes its place.";
    taken.replaceChildren(player, words);
    say("saved", "The recording is saved.");
  }

  file.addEventListener("change", () => { if (file.files.length) send(file.files[0]); });
  // Nothing is handed in over the head of a recording that is still under way.
  form.addEventListener("submit", (event) => {
    if (!busy()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say("failed", machine ? "You are still recording. Stop first." : sending ? "The recording is still being sent. One moment."
      : "The recording is not sent yet. Send it again first, or record another one.");
    one("button", row)?.focus();
  }, true);
  addEventListener("beforeunload", (event) => { if (busy()) event.preventDefault(); });
  place.append(time, row, progress, said);
  idle();
}

for (const box of document.querySelectorAll("[data-recorder]")) recorder(box);
