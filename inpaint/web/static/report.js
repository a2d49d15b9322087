// The report of a batch, read from its zip and shown as a table.

export async function reportOf(zip) { // the first member of the zip, which is not compressed
  const head = new DataView(await zip.slice(0, 30).arrayBuffer());
  const start = 30 + head.getUint16(26, true) + head.getUint16(28, true);
  return JSON.parse(await zip.slice(start, start + head.getUint32(18, true)).text()).pictures;
}

export function tabulate(rows) {
  const table = document.getElementById("report");
  table.tBodies[0].replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.classList.toggle("bad", Boolean(row.error));
    const outcome = row.error ?? [row.outputs.join(", "), row.note].filter(Boolean).join("; ");
    for (const text of [row.path, row.regions, row.censor, row.seconds.toFixed(1), outcome]) {
      line.insertCell().textContent = text;
    }
    return line;
  }));
  table.hidden = false;
  document.getElementById("chosen").replaceChildren();
}
