"""One headless Chromium for all tests of this folder; `make test-browser` runs them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.browser.view import Browser

QUIET = (
    "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--force-color-profile=srgb", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    options = Options()
    options.binary_location = found("chromium")
    for each in QUIET:
        options.add_argument(each)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    if os.geteuid() == 0:  # Chromium's own sandbox does not start for root
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(found("chromedriver")))
    try:
        yield Browser(driver, Path(tmp_path_factory.mktemp("pages")))
    finally:
        driver.quit()


def found(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed (Debian: apt install chromium chromium-driver)"
    return path
