// What the page does beyond forms: a click on a bone fills the lists; a dropped file is opened.
document.documentElement.classList.add("bm-scripted");

document.addEventListener("click", (event) => {
  const bone = event.target.closest(".bm-pick [data-site]");
  if (!bone) return;
  for (const [name, value] of [
    ["lesion_site", bone.dataset.site],
    ["vertebral_level", bone.dataset.level],
    ["laterality", bone.dataset.side],
  ]) {
    const list = document.querySelector(`select[name="new.${name}"]`);
    if (list) list.value = [...list.options].some((x) => x.value === value) ? value : "";
  }
  document.getElementById("add-lesion").focus();
});

for (const drop of document.querySelectorAll(".bm-drop")) {
  const over = (event) => {
    event.preventDefault();
    drop.classList.toggle("bm-drop--over", event.type === "dragover");
  };
  drop.addEventListener("dragover", over);
  drop.addEventListener("dragleave", over);
  drop.addEventListener("drop", (event) => {
    over(event);
    if (!event.dataTransfer.files.length) return;
    drop.querySelector("input[type=file]").files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}

// What was exchanged is told in one sentence, and a little later: while a whole part is exchanged a
// screen reader drops what it is told (Orca: above 100 events), and of a live part it says each piece.
const SETTLED = 3000;
const TOLD = [".nhsuk-error-summary", "#shown #action", "#shown .bm-cards h3", "#result .bm-value", "#result .bm-missing", "#result .nhsuk-error-message"];
let telling = 0;
let told = "";
const later = (words) => {
  const updated = document.getElementById("updated");
  if (!updated) return;
  updated.textContent = "";
  clearTimeout(telling);
  telling = setTimeout(() => {
    const now = words();
    updated.textContent = now === told ? "Updated. The same stands on top." : now;
    told = now;
  }, SETTLED);
};
const summed = () => {
  const parts = TOLD.map((x) => document.querySelector(x)).filter((x) => x);
  const words = ["Updated", ...parts.map((x) => x.textContent.replace(/\s+/g, " ").trim().replace(/\.$/, ""))];
  return `${words.join(". ")}.`;
};

// The line on top of a small screen says nothing that no longer fits the answers either.
const stale = (words) => {
  const line = document.querySelector("#urgent a");
  if (!line) return;
  line.textContent = words;
  line.href = "#assessed";
};

// An answer that could not be sent leaves nothing on the screen that no longer fits the answers.
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => {
    const old = document.getElementById("shown") || document.getElementById("result");
    if (!old) return;
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.className = "nhsuk-error-message";
    said.textContent =
      "Not updated: the program did not answer. What stood here no longer fits the answers. " +
      "Is it still running? The answers are still in the form.";
    old.replaceChildren(said);
    stale("Not updated: see below the form");
    later(() => said.textContent);
  });
}

// What is being typed where the assessment is exchanged outlives the exchange.
let typed = null;
document.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement;
  typed = at && at.id && at.closest("#assessed") && at.type !== "radio" ? { id: at.id, value: at.value } : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (!document.getElementById("shown")) stale("Not assessed: see below the form");
  later(summed);
  const again = typed && document.getElementById(typed.id);
  if (again && again.value !== typed.value) again.value = typed.value;
  for (const old of document.querySelectorAll(".bm-form .bm-live")) {
    const field = document.getElementById(old.dataset.of);
    if (field) {
      field.removeAttribute("aria-invalid");
      field.setAttribute("aria-describedby", (field.getAttribute("aria-describedby") || "").replace(old.id, "").trim());
    }
    old.remove();
  }
  for (const link of document.querySelectorAll("#assessed [data-for]")) {
    const field = document.getElementById(link.dataset.for);
    if (!field || !field.closest(".bm-form")) continue;
    const said = document.createElement("span");
    said.id = `${field.id}-live`;
    said.dataset.of = field.id;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${said.id}`.trim());
    said.className = "nhsuk-error-message bm-live";
    said.textContent = link.parentElement.querySelector("span").textContent;
    field.closest(".bm-field").append(said);
  }
});

// A link to something folded opens it.
const unfold = () => {
  const at = location.hash && document.getElementById(location.hash.slice(1));
  for (let x = at && at.closest("details"); x; x = x.parentElement.closest("details")) x.open = true;
};
window.addEventListener("hashchange", unfold);
document.addEventListener("click", (event) => {
  if (event.target.closest('a[href^="#"]')) setTimeout(unfold);
});

// A case that was typed is not lost by one click.
let changed = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("#case")) changed = true;
});
document.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest(".bm-drop")) event.preventDefault();
  });
}

// The assessment as text, for the record system: asked for anew, so that it fits the answers.
const copy = document.getElementById("copy-text");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const said = document.getElementById("copied");
    const answers = new URLSearchParams(new FormData(document.getElementById("case")));
    answers.set("what", "text");
    try {
      const answer = await fetch("/export", { method: "POST", body: answers });
      if (!answer.ok) throw new Error(answer.statusText);
      await navigator.clipboard.writeText(await answer.text());
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Not copied: use “As text” instead.";
    }
  });
}
