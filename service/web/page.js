// The page: what a person does with the HTTP service, in a browser. No library, nothing inline.

const byId = (id) => document.getElementById(id);
const PERCENT = { animate: [5, 50], encode: [50, 95], report: [95, 99] };
const LIVE = ["queued", "running"];
const cards = new Map();

async function ask(path, options = {}) {
  const key = byId("key").value;
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ detail: `The service answers ${answer.status}.` }));
  if (answer.status === 401) byId("keyfield").hidden = false;
  throw new Error(problem.detail);
}

const json = async (path, options) => (await ask(path, options)).json();

function say(text, wrong = false) {
  byId("said").textContent = text;
  byId("said").classList.toggle("wrong", wrong);
}

async function fill(id, path, chosen) {
  const { data } = await json(path);
  const options = data.map(({ id: name, title, description }) => {
    const option = new Option(title ?? name, name, false, name === chosen);
    option.title = description ?? "";
    return option;
  });
  const select = byId(id);
  select.replaceChildren(...[...select.options].filter((each) => !each.value), ...options);
}

function recipe(quality) {
  const value = (id) => byId(id).value;
  return {
    look: value("look"),
    camera: value("camera"),
    ...(value("ambient") && { ambient: value("ambient") }),
    formats: [value("formats")],
    seconds: Number(value("seconds")),
    intensity: Number(value("intensity")),
    quality,
  };
}

async function submit(event) {
  event.preventDefault();
  const wanted = event.submitter.value;
  const spec = recipe(wanted === "final" ? "final" : "draft");
  if (wanted === "explore") {
    spec.looks = [...new Set([spec.look, "natural", "golden-hour", "winter", "noir", "watercolor"])];
    spec.cameras = [spec.camera];
  }
  const form = new FormData();
  form.append("source", byId("source").files[0]);
  form.append("spec", JSON.stringify(spec));
  say("Sending …");
  try {
    const path = wanted === "explore" ? "/v1/explorations" : "/v1/renders";
    const job = await json(path, { method: "POST", body: form, headers: { "Idempotency-Key": unique() } });
    show(job, true);
    say("Accepted.");
    follow(job);
  } catch (error) {
    say(error.message, true);
  }
}

// crypto.randomUUID is there on encrypted pages only.
const unique = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function show(job, first = false) {
  let card = cards.get(job.id);
  if (!card) {
    card = byId("card").content.firstElementChild.cloneNode(true);
    cards.set(job.id, card);
    byId("list")[first ? "prepend" : "append"](card);
    byId("empty").hidden = true;
  }
  const camera = job.recipe.camera.map((step) => step.move).join(" + ");
  const looks = job.options.looks?.join(", ") ?? job.recipe.look.name;
  card.querySelector("strong").textContent = `${looks} · ${camera}`;
  card.querySelector("progress").hidden = !LIVE.includes(job.state);
  const formats = job.recipe.formats.join(", ");
  card.querySelector("p").textContent = job.error?.detail ?? `${job.state} · ${job.recipe.quality} · ${formats}`;
  card.querySelector("nav").replaceChildren(...links(job));
  if (job.state === "succeeded") play(card, job);
}

function links(job) {
  const found = job.artifacts
    .filter((file) => /\.(mp4|gif|webp|html)$/.test(file.name))
    .map((file) => link(file.name, file.name.endsWith("html") ? file.url : `${file.url}?download=true`));
  const away = document.createElement("button");
  away.type = "button";
  away.textContent = LIVE.includes(job.state) ? "Cancel" : "Forget";
  away.addEventListener("click", () => remove(job));
  return [...found, ...promotion(job), away];
}

function promotion(job) {
  const drafts = job.artifacts.map((file) => file.name.match(/^(\d+)\.mp4$/)?.[1]).filter(Boolean);
  if (job.object !== "exploration" || !drafts.length) return [];
  const select = document.createElement("select");
  select.setAttribute("aria-label", "Draft");
  select.append(...drafts.map((draft) => new Option(draft)));
  const make = document.createElement("button");
  make.type = "button";
  make.textContent = "Make final";
  make.addEventListener("click", () => promote(job, select.value));
  return [select, make];
}

async function promote(job, draft) {
  try {
    const body = JSON.stringify({ draft });
    const headers = { "Content-Type": "application/json" };
    const made = await json(`${job.links.self}/promote`, { method: "POST", body, headers });
    show(made, true);
    follow(made);
  } catch (error) {
    say(error.message, true);
  }
}

function link(text, address) {
  const made = document.createElement("a");
  made.textContent = text;
  made.href = address;
  if (byId("key").value) made.addEventListener("click", (event) => openWithKey(event, address));
  return made;
}

async function openWithKey(event, address) {
  event.preventDefault();
  const blob = await (await ask(address)).blob();
  window.open(URL.createObjectURL(blob), "_blank", "noopener");
}

async function play(card, job) {
  const named = (ending) => job.artifacts.find((file) => file.name.endsWith(ending));
  const file = named("contact-sheet.png") ?? named(".mp4") ?? named(".gif") ?? named(".webp");
  if (!file || card.dataset.playing) return;
  card.dataset.playing = file.name;
  const video = file.name.endsWith(".mp4");
  const made = document.createElement(video ? "video" : "img");
  if (video) Object.assign(made, { muted: true, loop: true, playsInline: true, controls: true });
  if (video) made.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  else made.alt = "The result";
  made.src = byId("key").value ? URL.createObjectURL(await (await ask(file.url)).blob()) : file.url;
  card.querySelector(".stage").replaceChildren(made);
}

async function remove(job) {
  try {
    const left = await json(job.links.self, { method: "DELETE" });
    if (LIVE.includes(job.state)) return show(left);
    cards.get(job.id).remove();
    cards.delete(job.id);
    byId("empty").hidden = cards.size > 0;
  } catch (error) {
    say(error.message, true);
  }
}

// EventSource cannot send a key, so the stream is read by fetch; a broken one is taken up again.
async function follow(job) {
  let last = 0;
  while (LIVE.includes(job.state)) {
    try {
      const answer = await ask(job.links.events, { headers: { "Last-Event-ID": String(last) } });
      for await (const event of events(answer)) {
        last = event.id;
        if (event.kind === "progress") advance(job, event.data);
        if (["succeeded", "failed", "canceled"].includes(event.kind)) break;
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    try {
      job = await json(job.links.self);
    } catch {
      return;
    }
    show(job);
  }
}

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const said = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
      if (said.id) yield { id: Number(said.id), kind: said.event, data: JSON.parse(said.data) };
    }
  }
}

function advance(job, { stage, done, total }) {
  const card = cards.get(job.id);
  const [start, end] = PERCENT[stage] ?? [0, 5];
  card.querySelector("progress").value = start + (total ? ((end - start) * done) / total : 0);
  card.querySelector("p").textContent = total ? `${stage} ${done}/${total}` : stage;
}

function preview() {
  const [file] = byId("source").files;
  if (!file) return;
  byId("preview").src = URL.createObjectURL(file);
  byId("preview").hidden = false;
  byId("hint").textContent = file.name;
}

function accept(event) {
  event.preventDefault();
  byId("drop").classList.toggle("over", event.type === "dragover");
  if (event.type !== "drop" || !event.dataTransfer.files.length) return;
  byId("source").files = event.dataTransfer.files;
  preview();
}

async function start() {
  try {
    await Promise.all([
      fill("look", "/v1/looks", "golden-hour"),
      fill("camera", "/v1/cameras", "orbit"),
      fill("ambient", "/v1/ambient"),
      fill("formats", "/v1/formats", "instagram-reel"),
    ]);
    const lists = await Promise.all([json("/v1/renders?limit=12"), json("/v1/explorations?limit=6")]);
    const jobs = lists.flatMap(({ data }) => data);
    jobs.sort((one, other) => other.created_at.localeCompare(one.created_at));
    for (const job of jobs) {
      show(job);
      if (LIVE.includes(job.state)) follow(job);
    }
    say("");
  } catch (error) {
    say(error.message, true);
  }
}

byId("order").addEventListener("submit", submit);
byId("source").addEventListener("change", preview);
byId("key").addEventListener("change", start);
for (const kind of ["dragover", "dragleave", "drop"]) byId("drop").addEventListener(kind, accept);
start();
