// The page: one picture is painted on and restored, or many are sent together.  No library, nothing from elsewhere.

import {
  canRedo, canUndo, clearMask, eraseMask, hasMask, layMask, maskFile, redoMask, scaleSize, setSize, startPainting, undoMask,
} from "./paint.js";
import { reportOf, tabulate } from "./report.js";
import { moving, refit, startViewing, zoomBy, zoomToFit } from "./viewport.js";

const at = (id) => document.getElementById(id);
const options = at("options");
const tabs = document.querySelectorAll("[data-tab]");
let tab = "one";
let picture = null; // the chosen file
let batch = []; // the chosen files
let busy = false;

async function ask(verb, fields) {
  const form = new FormData();
  for (const [key, value] of fields) form.append(key, value);
  let response;
  try {
    response = await fetch(`api/v1/${verb}`, { method: "POST", body: form });
  } catch {
    throw new Error("The server does not answer: does inpaint web still run?");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.error ?? `The server answered ${response.status}.`);
}

function say(text, isError = false) {
  if (at("said").textContent !== text) at("said").textContent = text;
  at("clock").textContent = "";
  at("status").classList.toggle("error", isError);
}

async function working(text, work) {
  if (busy) return;
  busy = true;
  refresh();
  say(text);
  const started = performance.now();
  const clock = setInterval(() => { // apart, so that nobody hears every second read aloud
    if (at("said").textContent !== text) say(text);
    at("clock").textContent = `${Math.round((performance.now() - started) / 1000)} s`;
  }, 1000);
  try {
    const said = await work((now) => (text = now));
    clearInterval(clock);
    say(said ?? "");
  } catch (error) {
    clearInterval(clock);
    say(error.message, true);
  }
  busy = false;
  refresh();
}

function refresh() {
  at("run").disabled = busy || (tab === "one" ? !picture || !hasMask() : !batch.length);
  at("find").disabled = at("other").disabled = busy;
  at("undo").disabled = !canUndo();
  at("redo").disabled = !canRedo();
  if (!at("fields").childElementCount) return;
  at("block").hidden = options.censor.value === "hole";
  at("grow").hidden = options.censor.value === "mosaic";
}

async function shown(file) {
  try {
    return await createImageBitmap(file);
  } catch { // a format that this browser does not know, such as TIFF
    return createImageBitmap(await (await ask("preview", [["image", file]])).blob());
  }
}

function draw(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

function show(comparing) {
  for (const id of ["after", "line", "slide"]) at(id).hidden = !comparing;
  at("mask").hidden = at("paint-tools").hidden = comparing;
  at("view").textContent = comparing ? "Change the mask" : "Compare";
}

function slide(share) {
  at("slider").value = share;
  at("after").style.clipPath = `inset(0 0 0 ${share}%)`;
  at("line").style.left = `${share}%`;
}

function forget() {
  at("download").hidden = true;
  if (at("download").href) URL.revokeObjectURL(at("download").href);
  at("download").removeAttribute("href");
}

function offer(blob, name) {
  forget();
  Object.assign(at("download"), { href: URL.createObjectURL(blob), download: name, hidden: false });
  at("download").textContent = `Download ${name}`;
}

async function open(file) {
  await working(`Opening ${file.name}.`, async () => {
    const bitmap = await shown(file);
    picture = file;
    forget();
    draw(at("before"), bitmap);
    at("drop").hidden = true;
    at("editor").hidden = false;
    at("view").hidden = true;
    startViewing(bitmap.width, bitmap.height);
    startPainting(bitmap.width, bitmap.height);
    at("picture-name").textContent = `${file.name}, ${bitmap.width} x ${bitmap.height}`;
    show(false);
    return "Paint what shall be restored, or let it be found.";
  });
}

function fieldOf({ name, kind, label, help, default: value, choices, most }) { // one option as a line of the form
  const line = Object.assign(document.createElement("label"), { id: name, title: help });
  const input = Object.assign(document.createElement(kind === "choice" ? "select" : "input"), { name });
  if (kind === "choice") input.append(...choices.map(([given, words]) => new Option(words, given, given === String(value))));
  else if (kind === "flag") input.type = "checkbox";
  else if (kind === "number") Object.assign(input, { type: "number", min: 0, max: most, value });
  else input.placeholder = "found by itself";
  line.append(...(kind === "flag" ? [input, label] : [`${label} `, input]));
  return line;
}

function forBatches(many) { // hides what means something for batches alone, and does not send it
  for (const { name, batch } of described) {
    at(name).hidden = batch && !many;
    options[name].disabled = batch && !many;
  }
  const auto = options.censor.querySelector("[value=auto]");
  auto.hidden = auto.disabled = !many;
  if (!many && options.censor.value === "auto") options.censor.value = "marked";
}

const chosenOptions = () => [...new FormData(options)];

async function restore() {
  await working("Restoring.", async () => {
    const fields = [["image", picture], ["mask", await maskFile(), "mask.png"], ...chosenOptions()];
    const response = await ask("inpaint", fields);
    const blob = await response.blob();
    draw(at("after"), await shown(blob));
    const named = response.headers.get("Content-Disposition").split("''")[1];
    offer(blob, decodeURIComponent(named).replace(/(\.\w+)$/, " restored$1"));
    at("view").hidden = false;
    show(true);
    slide(50);
    const regions = Number(response.headers.get("X-Regions"));
    const note = decodeURIComponent(response.headers.get("X-Note"));
    const done = `${response.headers.get("X-Censor")}, ${regions} region${regions === 1 ? "" : "s"}`;
    return `Restored (${done}) in ${response.headers.get("X-Seconds")} s. ${note}`;
  });
}

async function find() {
  await working("Looking for what is censored.", async () => {
    const found = await (await ask("detect", [["image", picture]])).json();
    if (found.regions.length) {
      await layMask(new Blob([Uint8Array.from(atob(found.mask), (letter) => letter.charCodeAt())]));
    }
    return found.told;
  });
}

async function restoreBatch() {
  await working("Sending.", async (tell) => {
    const clock = setInterval(async () => {
      const health = await fetch("api/v1/health").then((answer) => answer.json()).catch(() => ({}));
      if (health.progress) tell(`${health.progress[0]} of ${health.progress[1]} pictures.`);
    }, 700);
    try {
      const response = await ask("batch", [...batch.map((file) => ["files", file]), ...chosenOptions()]);
      const blob = await response.blob();
      offer(blob, "restored.zip");
      const rows = await reportOf(blob);
      tabulate(rows);
      return `${rows.filter((row) => !row.error).length} of ${rows.length} pictures restored.`;
    } finally {
      clearInterval(clock);
    }
  });
}

function choose(files) {
  if (!files.length) return;
  if (tab === "one") {
    open(files[0]);
    return;
  }
  batch = [...files];
  forget();
  at("report").hidden = true;
  at("chosen").replaceChildren(...batch.map((file) => Object.assign(document.createElement("li"), { textContent: file.name })));
  say("");
  refresh();
}

function change(name) {
  tab = name;
  for (const button of tabs) button.setAttribute("aria-pressed", button.dataset.tab === name);
  at("one").hidden = name !== "one";
  at("many").hidden = name === "one";
  forBatches(name !== "one");
  at("run").textContent = name === "one" ? "Restore" : "Restore all";
  forget();
  say("");
  refresh();
}

for (const button of tabs) button.addEventListener("click", () => busy || change(button.dataset.tab));
for (const id of ["file", "files"]) {
  at(id).addEventListener("change", (event) => {
    choose([...event.target.files]);
    event.target.value = "";
  });
}
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (!busy) choose([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => busy || choose([...event.clipboardData.files]));
addEventListener("resize", () => picture && refit());
at("zoom-in").addEventListener("click", () => zoomBy(2));
at("zoom-out").addEventListener("click", () => zoomBy(-2));
at("zoom-fit").addEventListener("click", zoomToFit);
at("frame").addEventListener("wheel", (event) => {
  event.preventDefault();
  const notches = -(event.deltaY || event.deltaX) / (event.deltaMode ? 3 : 100);
  if (event.shiftKey) scaleSize(notches > 0 ? 1.15 : 0.87);
  else zoomBy(Math.max(-2, Math.min(2, notches)), event.clientX, event.clientY);
}, { passive: false });
at("slider").addEventListener("input", (event) => slide(event.target.value));
at("after").addEventListener("pointermove", (event) => {
  if (event.buttons === 1 && !moving()) slide((100 * event.offsetX) / at("after").clientWidth);
});
at("view").addEventListener("click", () => show(at("after").hidden));
at("other").addEventListener("click", () => at("file").click());
at("undo").addEventListener("click", undoMask);
at("redo").addEventListener("click", redoMask);
at("clear").addEventListener("click", clearMask);
at("erase").addEventListener("click", () => eraseMask());
at("size").addEventListener("input", (event) => setSize(Number(event.target.value)));
at("find").addEventListener("click", find);
at("mask").addEventListener("maskchange", refresh);
options.addEventListener("input", refresh);
options.addEventListener("submit", (event) => {
  event.preventDefault();
  if (tab === "one") restore();
  else restoreBatch();
});
addEventListener("keydown", (event) => {
  if (!picture || tab !== "one" || event.target.closest("input:not([type=range]), select")) return;
  const [control, key] = [event.ctrlKey || event.metaKey, event.key.toLowerCase()];
  const painting = { e: () => eraseMask(), "[": () => scaleSize(0.8), "]": () => scaleSize(1.25) };
  const viewing = { "+": () => zoomBy(1), "=": () => zoomBy(1), "-": () => zoomBy(-1), 0: zoomToFit };
  let act = control ? null : viewing[key];
  if (!at("mask").hidden) {
    if (control) act = key === "y" || (key === "z" && event.shiftKey) ? redoMask : key === "z" ? undoMask : null;
    else act ??= painting[key];
  }
  if (!act) return;
  event.preventDefault();
  act();
});

const { models, options: described } = await (await fetch("api/v1/models")).json();
options.model.replaceChildren(...models.map(({ name, censors }) => new Option(`${name} (${censors.join(", ")})`, name)));
at("fields").replaceChildren(...described.map(fieldOf));
forBatches(false);
refresh();
