"""A page as its reader has it: a width, light or dark, screen or paper."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

OVERFLOWING = """
const wide = document.documentElement.clientWidth;
const seen = e => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1; };
const name = e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 60);
return [...document.querySelectorAll('body *')].filter(seen).filter(e =>
  e.getBoundingClientRect().right > wide + 1 || e.getBoundingClientRect().left < -1
  || (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')).map(name);
"""
CONTRAST = """
const rgb = text => { const p = text.match(/[\\d.]+/g).map(Number);
  return {c: p.slice(0, 3), a: p.length > 3 ? p[3] : 1}; };
const light = c => { const v = c.map(x => x / 255).map(x =>
  x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const behind = e => { for (; e; e = e.parentElement) {
  const b = rgb(getComputedStyle(e).backgroundColor); if (b.a > 0) return b.c; }
  return [255, 255, 255]; };
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
  const box = e.getBoundingClientRect();
  if (!text || box.width < 2 || box.height < 2) continue;
  const pair = [light(rgb(getComputedStyle(e).color).c), light(behind(e))].sort((a, b) => b - a);
  found.push([(pair[0] + 0.05) / (pair[1] + 0.05), text.slice(0, 60)]);
}
return found;
"""
PICTURES = "return [...document.images].map(i => [i.complete, i.naturalWidth, i.alt]);"
SHAPE = """
return [...document.querySelectorAll('main *')].map(e => e.tagName + [...e.attributes]
  .filter(a => !['class', 'id'].includes(a.name)).map(a => a.name + '=' + a.value).join());
"""


@dataclass(frozen=True)
class Seat:
    """Where somebody reads it. Widths are CSS pixels; paper is A4 between its margins."""

    name: str
    width: int
    height: int
    scheme: str = "light"
    media: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.scheme}"


class Browser:
    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver = driver
        self._folder = folder

    def open(self, page: str, seat: Seat) -> None:
        """Show `page` as from that seat; what the console said before is forgotten."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": seat.width,
                "height": seat.height,
                "deviceScaleFactor": 1,
                "mobile": seat.width < 500,
            },
        )
        scheme = {"name": "prefers-color-scheme", "value": seat.scheme}
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": seat.media, "features": [scheme]}
        )
        path = self._folder / "page.html"
        path.write_text(page, encoding="utf-8")
        self.console()
        self.driver.get(path.as_uri())

    def console(self) -> list[str]:
        return [str(each["message"]) for each in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def ask(self, script: str) -> Any:
        return self.driver.execute_script(script)  # type: ignore[no-untyped-call]

    def picture(self, path: Path) -> None:
        """Write the whole page as PNG, for people to look at."""
        found = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"}
        )
        path.write_bytes(base64.b64decode(found["data"]))

    def paper(self) -> bytes:
        """Return the page as a PDF on A4, by the margins that its style names."""
        found = self.driver.execute_cdp_cmd(
            "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
        )
        return base64.b64decode(found["data"])
