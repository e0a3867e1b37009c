// The sheet opens the print dialog by itself, once its picture is there.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
addEventListener("load", () => print());
