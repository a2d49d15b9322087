// The page: one picture is painted on and restored, or many are sent together.  No library, nothing from elsewhere.

import {
  canRedo, canUndo, clearMask, eraseMask, hasLayer, hasMask, layerFile, layMask, maskFile, paintOn, redoMask, scaleSize,
  setSize, startPainting, undoMask,
} from "./paint.js";
import { reportOf, tabulate } from "./report.js";
import { draw, forget, lineUp, offer } from "./results.js";
import { ask, bytesOf, shown } from "./server.js";
import { moving, refit, startViewing, zoomBy, zoomToFit } from "./viewport.js";

const at = (id) => document.getElementById(id);
const options = at("options");
const tabs = document.querySelectorAll("[data-tab]");
let tab = "one";
let picture = null; // the chosen file
let original = null; // its pixels
let widths = [0, 0, 0, 0]; // by how much the results are larger: left, right, top, bottom
let batch = []; // the chosen files
let busy = false;
const LAYERS = { // in words, painted in, and how a request calls them
  mask: ["what to restore", "#ff00c8", "mask"], sketch: ["lines", "#00e5ff", "sketch"], colour: ["colours", "", "colours"],
};

function say(text, isError = false) {
  if (at("said").textContent !== text) at("said").textContent = text;
  at("clock").textContent = "";
  at("status").classList.toggle("error", isError);
}

async function working(text, work) {
  if (busy) return;
  busy = true;
  const begunAt = document.activeElement; // who works by keys goes on from there: a disabled button loses the focus
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
  if (document.activeElement === document.body && begunAt?.offsetParent) begunAt.focus();
}

function refresh() {
  at("run").disabled = busy || (tab === "one" ? !picture || !(hasMask() || options.outpaint?.value) : !batch.length);
  at("find").disabled = at("other").disabled = at("mask-file").disabled = busy;
  at("save-mask").disabled = !hasMask();
  at("undo").disabled = !canUndo();
  at("redo").disabled = !canRedo();
  if (!at("fields").childElementCount) return;
  at("block").hidden = options.censor.value === "hole";
  at("grow").hidden = options.censor.value === "mosaic";
}

function layOriginal([left, right, top, bottom]) { // as it lies in a result that is larger
  const [width, height] = [original.width + left + right, original.height + top + bottom];
  if (at("before").width === width && at("before").height === height) return;
  Object.assign(at("before"), { width, height });
  at("before").getContext("2d").drawImage(original, left, top);
  startViewing(width, height);
}

function show(comparing) {
  layOriginal(comparing ? widths : [0, 0, 0, 0]);
  for (const id of ["after", "line", "slide"]) at(id).hidden = !comparing;
  at("results").hidden = !comparing || !at("results").childElementCount;
  at("mask").hidden = at("paint-tools").hidden = comparing;
  at("view").textContent = comparing ? "Change the mask" : "Compare";
}

function slide(share) {
  at("slider").value = share;
  at("after").style.clipPath = `inset(0 0 0 ${share}%)`;
  at("line").style.left = `${share}%`;
}

async function open(file) {
  await working(`Opening ${file.name}.`, async () => {
    const bitmap = await shown(file);
    [picture, original] = [file, bitmap];
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
  else if (kind === "share") Object.assign(input, { type: "number", min: 0, max: most, step: 0.1, value });
  else input.placeholder = name === "outpaint" ? "not at all" : "found by itself";
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

const taken = () => models.find(({ name }) => name === options.model.value).takes.filter((name) => name in LAYERS);

function offerLayers() { // what the chosen network takes beside a mask
  const names = ["mask", ...taken()];
  at("layers").hidden = names.length === 1;
  at("layer").replaceChildren(...names.map((name) => new Option(LAYERS[name][0], name)));
  chooseLayer();
}

function chooseLayer() {
  const name = at("layer").value;
  at("ink").hidden = name !== "colour";
  paintOn(name, name === "colour" ? at("ink").value : LAYERS[name][1]);
}

async function restore() {
  await working("Restoring.", async () => {
    const fields = [["image", picture], ["mask", await maskFile(), "mask.png"], ...chosenOptions()];
    for (const name of taken().filter(hasLayer)) fields.push([LAYERS[name][2], await layerFile(name), `${name}.png`]);
    const said = await (await ask("inpaint", fields, { Accept: "application/json" })).json();
    const results = said.pictures.map(({ type, data }) => new Blob([bytesOf(data)], { type }));
    await lineUp(results, said.name.replace(/(\.\w+)$/, " restored$1"));
    const given = options.outpaint.value.split(",").map(Number);
    widths = given.length === 4 ? given : Array(4).fill(given[0]);
    at("view").hidden = false;
    show(true);
    slide(50);
    const done = `${said.censor}, ${said.regions} region${said.regions === 1 ? "" : "s"}`;
    return `Restored (${done}) in ${said.seconds} s. ${said.note}`;
  });
}

async function find() {
  await working("Looking for what is censored.", async () => {
    const found = await (await ask("detect", [["image", picture]])).json();
    if (found.regions.length) {
      await layMask(new Blob([bytesOf(found.mask)]));
    }
    return found.told;
  });
}

async function loadMask(file) {
  await working(`Reading ${file.name}.`, async () => {
    const response = await ask("mask", [["image", picture], ["mask", file], ...chosenOptions()]);
    await layMask(await response.blob());
    return `${file.name} is laid over the picture. ${decodeURIComponent(response.headers.get("X-Note"))}`;
  });
}

async function saveMask() {
  const link = document.createElement("a");
  Object.assign(link, { href: URL.createObjectURL(await maskFile()), download: picture.name.replace(/(\.\w+)?$/, "_mask.png") });
  link.click();
  URL.revokeObjectURL(link.href);
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
at("save-mask").addEventListener("click", saveMask);
at("mask-file").addEventListener("change", (event) => {
  if (event.target.files.length) loadMask(event.target.files[0]);
  event.target.value = "";
});
at("mask").addEventListener("maskchange", refresh);
options.addEventListener("input", refresh);
options.model.addEventListener("change", offerLayers);
for (const id of ["layer", "ink"]) at(id).addEventListener("input", chooseLayer);
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
offerLayers();
refresh();
