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
