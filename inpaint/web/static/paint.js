// The mask, and what else a network is given: strokes and found masks, drawn again for every undo, in the picture's own
// pixels.  Each layer is a canvas of its own; the page shows one over the other.

import { clearLayers, copyOf, fileOf, paintSegment, penOf, resizeLayers, showLayers } from "./layers.js";
import { moving, reveal } from "./viewport.js";

const mask = document.getElementById("mask");
const circle = document.getElementById("brush");
const slider = document.getElementById("size");
const context = mask.getContext("2d", { willReadFrequently: true });
const heard = document.getElementById("heard");
let steps = []; // {points, size, erase, layer, ink}, {bitmap}, or {} for a clearing
let layer = "mask"; // that is painted on
let ink = "#ff00c8";
const sizes = {}; // of the brush, by layer
let undone = []; // the last undone one last
let stroke = null; // the one that is being painted
let erasing = false;
let cursor = null; // where the keyboard is, [x, y] in the picture's pixels

const changed = () => mask.dispatchEvent(new Event("maskchange"));

function add(step) {
  steps.push(step);
  undone = [];
}

export function startPainting(width, height) {
  mask.width = width;
  mask.height = height;
  resizeLayers(width, height);
  steps = [];
  undone = [];
  stroke = cursor = null;
  circle.hidden = true;
  slider.max = Math.max(20, Math.round(Math.max(width, height) / 4));
  setSize(Math.max(4, Math.round(Math.max(width, height) / 20)));
  eraseMask(false);
  changed();
}

export function hasLayer(name) {
  const last = steps.findLastIndex((step) => !step.points && !step.bitmap);
  return steps.slice(last + 1).some((step) => !step.erase && (step.layer ?? "mask") === name);
}

export const hasMask = () => hasLayer("mask");
export const layerFile = fileOf;
export const maskFile = () => fileOf("mask");

export function paintOn(name, colour) { // each layer keeps its own size of the brush; lines are thin at first
  sizes[layer] = Number(slider.value);
  if (name !== layer) setSize(sizes[name] ?? (name === "sketch" ? 2 : sizes[layer]));
  [layer, ink] = [name, colour];
}

export const canUndo = () => steps.length > 0;
export const canRedo = () => undone.length > 0;

export function setSize(size) {
  slider.value = size;
  document.getElementById("brush-size").textContent = `${slider.value} px`;
  slider.setAttribute("aria-valuetext", `${slider.value} pixels`);
  resizeCircle();
}

export function scaleSize(factor) { // at least by a pixel
  const now = Number(slider.value);
  setSize(factor > 1 ? Math.max(now + 1, Math.round(now * factor)) : Math.min(now - 1, Math.round(now * factor)));
}

export function eraseMask(on = !erasing) {
  erasing = on;
  document.getElementById("erase").setAttribute("aria-pressed", on);
}

export function undoMask() {
  if (stroke) return giveUp();
  if (steps.length) undone.push(steps.pop());
  redraw();
}

export function redoMask() {
  if (undone.length) steps.push(undone.pop());
  redraw();
}

export function clearMask() {
  finish();
  if (["mask", "sketch", "colour"].some(hasLayer)) add({});
  redraw();
}

export async function layMask(png) {
  add({ bitmap: copyOf(await createImageBitmap(png)) });
  redraw();
}

function redraw() {
  clearLayers();
  for (const step of steps) {
    if (step.points) step.points.forEach((_, index) => paintSegment(penOf(step.layer), step, index));
    else if (step.bitmap) penOf("mask").drawImage(step.bitmap, 0, 0);
    else clearLayers();
  }
  showLayers(context);
  changed();
}

function segment(step, index) {
  paintSegment(penOf(step.layer), step, index);
  if (step.erase) showLayers(context); // what lies on the other layers stays
  else paintSegment(context, step, index);
}

const scale = () => mask.width / mask.clientWidth;
const placed = (event) => [event.offsetX * scale(), event.offsetY * scale()];

function resizeCircle() {
  const side = `${Number(slider.value) / scale()}px`;
  Object.assign(circle.style, { width: side, height: side });
}

function showCircle(x, y) {
  Object.assign(circle.style, { left: `${x / scale()}px`, top: `${y / scale()}px` });
  resizeCircle();
  circle.hidden = false;
}

function begin(point) {
  stroke = { points: [point], size: Number(slider.value), erase: erasing, layer, ink };
  segment(stroke, 0);
}

function goOn(point) {
  if (!stroke) return;
  stroke.points.push(point);
  segment(stroke, stroke.points.length - 1);
}

function finish() {
  if (stroke) add(stroke);
  stroke = null;
  changed();
}

function giveUp() { // what a first finger began is no stroke once there is a second one
  if (!stroke) return;
  stroke = null;
  redraw();
}

mask.addEventListener("pointerdown", (event) => {
  if (event.button || moving()) return;
  finish(); // what the keyboard had begun
  mask.setPointerCapture(event.pointerId);
  begin(placed(event));
});
mask.addEventListener("pointermove", (event) => {
  if (moving()) return;
  cursor = placed(event);
  circle.classList.remove("keys");
  showCircle(...cursor);
  if (event.buttons) goOn(cursor);
});
mask.addEventListener("pointerup", finish);
mask.addEventListener("pointercancel", giveUp);
mask.addEventListener("pointerleave", () => (circle.hidden = true));
document.getElementById("frame").addEventListener("twofingers", () => {
  giveUp();
  circle.hidden = true;
});
document.getElementById("stage").addEventListener("zoomchange", () => cursor && !circle.hidden && showCircle(...cursor));

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event) { // arrows move, space puts the brush down and lifts it, Enter paints one dot
  const way = WAYS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || !(way || [" ", "Enter", "Escape"].includes(event.key))) return;
  event.preventDefault();
  cursor ??= [mask.width / 2, mask.height / 2];
  const within = (value, length) => Math.max(0, Math.min(length - 1, value));
  if (way) {
    const step = event.shiftKey ? 1 : Math.max(1, Math.round(Number(slider.value) / 4));
    cursor = [within(cursor[0] + way[0] * step, mask.width), within(cursor[1] + way[1] * step, mask.height)];
    goOn(cursor);
  } else if (event.key === "Escape" || (event.key === " " && stroke)) finish();
  else if (event.key === " ") begin(cursor);
  else {
    finish();
    begin(cursor);
    finish();
  }
  circle.classList.add("keys");
  showCircle(...cursor);
  reveal(...cursor);
  const act = stroke ? (erasing ? "erasing" : "painting") : "brush lifted";
  heard.textContent = `${Math.round(cursor[0])} across, ${Math.round(cursor[1])} down, ${act}`;
}

mask.addEventListener("keydown", key);
mask.addEventListener("blur", () => {
  if (stroke) finish();
  circle.hidden = true;
});
